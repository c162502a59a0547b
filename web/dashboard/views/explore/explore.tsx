import { useEffect } from "preact/hooks";
import { useUrlState } from "../../app/location.ts";
import { useTimeRange } from "../../app/time-range.ts";
import { Notice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { AnswerSection } from "./answer.tsx";
import { readQuestion, toCall } from "./question.ts";
import { QuestionForm } from "./question-form.tsx";

/** Questions about events, and their answers as a number, a chart and a table. The whole question is in the URL. */
export function ExploreView() {
  const state = useUrlState();
  const range = useTimeRange("30d");
  const question = readQuestion(state, range);
  const asked = toCall(question);
  const zone = state.get("tz");
  // A colleague elsewhere must see the same days.
  useEffect(() => {
    if (zone === undefined) state.set({ tz: range.tz }, { replace: true });
  }, [zone, range.tz, state]);
  return (
    <>
      <PageHeader title="Explore">
        Count events, follow them over time, and look into their payloads.
      </PageHeader>
      <div class="stack">
        <QuestionForm question={question} range={range} />
        {typeof asked === "string" ? (
          <Notice kind="info" title={asked} />
        ) : (
          <AnswerSection key={asked.id} asked={asked} question={question} refresh={range.refresh} />
        )}
      </div>
    </>
  );
}
