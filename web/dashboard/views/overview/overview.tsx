import { useApi } from "../../api/use-api.ts";
import { formatCount } from "../../app/format.ts";
import { KeyValues } from "../../components/key-values.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";

/** What the system does now. */
export function OverviewView() {
  const pipeline = useApi("getPipeline", {}, { refreshMs: 5_000 });
  return (
    <>
      <PageHeader title="Overview" />
      <Loaded of={pipeline}>
        {(data) => (
          <KeyValues entries={{ Accepted: formatCount(data.accepted), Stored: formatCount(data.stored) }} />
        )}
      </Loaded>
    </>
  );
}
