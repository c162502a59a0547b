import type { Result } from "../../api/client.ts";
import { formatCount, formatDuration, formatRate } from "../../app/format.ts";
import { Link } from "../../components/link.tsx";

type Pipeline = Result<"getPipeline">;

const PARTS = ["stored", "duplicates", "quarantined", "pending"] as const;

/** The promise that nothing accepted disappears, as a sum that the reader can check. */
export function Totals({ pipeline }: { pipeline: Pipeline }) {
  const sum = PARTS.reduce((total, part) => total + pipeline[part], 0);
  const addsUp = sum === pipeline.accepted;
  return (
    <section class="card" aria-labelledby="totals">
      <div class="card-head">
        <h2 id="totals">Every accepted event</h2>
        <span class={`status ${addsUp ? "good" : "bad"}`}>{addsUp ? "adds up" : "does not add up"}</span>
      </div>
      <p class="sum">
        <Term name="accepted" value={pipeline.accepted} />
        {PARTS.map((part, index) => (
          <>
            <span class="operator">{index === 0 ? (addsUp ? "=" : "≠") : "+"}</span>
            <Term name={part} value={pipeline[part]} />
          </>
        ))}
      </p>
    </section>
  );
}

const Term = ({ name, value }: { name: string; value: number }) => (
  <span class="term">
    <span class="figure-value" data-testid={name}>
      {formatCount(value)}
    </span>{" "}
    <span class="hint">{name}</span>
  </span>
);

/** What waits in the queue. */
export function Queue({ pipeline: { queue } }: { pipeline: Pipeline }) {
  const figures: [string, string][] = [
    ["Events waiting", formatCount(queue.events)],
    ["Messages", formatCount(queue.messages)],
    ["Age of the oldest", queue.messages === 0 ? "–" : formatDuration(queue.oldest_age_ms)],
    ["Drained per second", formatRate(queue.drain_per_second)],
  ];
  return (
    <section class="card" aria-labelledby="queue">
      <div class="card-head">
        <h2 id="queue">Queue</h2>
        {queue.dead_letters > 0 && (
          <span class="status bad">{formatCount(queue.dead_letters)} dead letters</span>
        )}
      </div>
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt class="hint">{name}</dt>
            <dd class="figure-value">{value}</dd>
          </div>
        ))}
      </dl>
      <p class="hint">
        {queue.dead_letters === 0
          ? "No dead letters. "
          : "Dead letters failed repeatedly; weir dead-letters shows them. "}
        <Link to="events">See events arrive</Link>
      </p>
    </section>
  );
}
