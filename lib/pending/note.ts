/**
 * The format of the note that Redis keeps of a pending receipt: `client events received_at state parts outcomes`. Only
 * this file knows it. docs/decisions/0023 describes the states.
 *
 * - client: `*` for a message that belongs to no receipt
 * - events: number of accepted events
 * - received_at: in milliseconds since the Unix epoch
 * - state: `s` while the queue may still refuse some of it; `parts` then lists the settled parts. `o` afterwards; `parts`
 *   then lists those that wait.
 * - parts: `0:500,1:300x,` is part 0 with 500 events, and part 1 with 300, which became a dead letter
 * - outcomes: the letters of the response if not all events were accepted, with Redis Streams only
 */
export interface Note {
  /** Undefined for a message that belongs to no receipt. */
  clientId: string | undefined;
  events: number;
  receivedAt: number;
  sending: boolean;
  /** Events by part. */
  parts: ReadonlyMap<number, number>;
}

export function parseNote(text: string): Note {
  const [client = "", events, receivedAt, state, parts = ""] = text.split(" ");
  return {
    clientId: client === "*" ? undefined : client,
    events: Number(events),
    receivedAt: Number(receivedAt),
    sending: state === "s",
    parts: new Map(
      [...parts.matchAll(/(\d+):(\d+)x?,/g)].map(([, part, count]) => [Number(part), Number(count)]),
    ),
  };
}

/** Lua functions that write and read a note. Numbers are digits: Redis formats a Lua number as a double. */
export const noteLua = `
local function note_text(client, events, at, state, parts, outcomes)
  return client .. ' ' .. events .. ' ' .. at .. ' ' .. state .. ' ' .. parts .. (outcomes ~= '' and ' ' .. outcomes or '')
end

-- @param mark 'x' if it became a dead letter
local function part_text(part, events, mark)
  return part .. ':' .. events .. (mark or '') .. ','
end

-- @return the note's fields; nil for a note that an earlier version wrote and did not count
local function parse_note(text)
  return string.match(text, '^(%S+) (%d+) (%d+) (%a) (%S*) ?(%S*)$')
end
`;

/** Lua functions on the `parts` of a note. */
export const notePartsLua = `
local function sum_parts(parts)
  local sum = 0
  for events in string.gmatch(parts, ':(%d+)') do sum = sum + tonumber(events) end
  return sum
end

-- @return the parts before it, its events, 'x' if it is dead, and the parts after it; nil if it is not listed
local function find_part(parts, part)
  local name = ',' .. part .. ':'
  local from = string.find(',' .. parts, name, 1, true)
  if not from then return nil end
  local rest = string.sub(parts, from)
  local events, mark, after = string.match(rest, '^%d+:(%d+)(x?),(.*)$')
  return string.sub(parts, 1, from - 1), tonumber(events), mark, after
end
`;
