import { useEffect, useRef, useState } from "preact/hooks";

/** Screen readers hear about new events this often at most. */
const QUIET_MS = 15_000;

/** Says in a polite live region how many events arrived since it last said so. */
export function Announcer({ count }: { count: number }) {
  const [text, setText] = useState("");
  const latest = useRef(count);
  latest.current = count;
  useEffect(() => {
    let announced = latest.current;
    const timer = setInterval(() => {
      const fresh = latest.current - announced;
      announced = latest.current;
      setText(fresh > 0 ? `${fresh} new ${fresh === 1 ? "event" : "events"}` : "");
    }, QUIET_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="visually-hidden" role="status">
      {text}
    </p>
  );
}
