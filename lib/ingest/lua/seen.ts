/**
 * Ids that Redis has seen, by client and window. A window begins as one hash of ids and digests, its root. When the root
 * is full, new ids go into a layer of 64 hashes, when one of these is full, into a layer of 4,096, and so on. So no hash
 * grows with the rate: Redis frees a hash without interruption, and one of 0.9 million ids blocked it for two seconds
 * (docs/decisions/0024).
 *
 * An id's place (`hashPlace`) determines its hash in a layer; each layer reads one more base-64 digit of it. Ids arrive
 * sorted by place, so the ids of one hash are adjacent in any layer, and go into one command.
 *
 * The script builds the names of the hashes, since Redis' clock determines the window. KEYS has their prefix with the
 * hash tag, so that they are in the slot of the script's other keys. `weir:{0}:seen:acme:1971234` is the root of a window;
 * `weir:{0}:seen:acme:1971234:1:7` is hash 7 of its first layer. A root's field `top` is the number of layers; it can't
 * be an id, since ids begin with `=` or `#`.
 */
import { PLACES } from "../../base/ids.ts";

/** Ids in a full hash. It may hold up to 999 more, from the request that filled it. */
export const FULL_HASH = 16_000;
/** Hashes of the first layer, and the factor by which each further layer is wider. */
const WIDTH = 64;
const MOST_LAYERS = Math.log(PLACES) / Math.log(WIDTH);
/**
 * The expiry of a window's hashes is spread over this fraction of a window: Redis continues to free keys as long as it
 * finds many expired ones, and checks the clock only after hundreds of them.
 */
const SPREAD = 1 / 4;

/**
 * Lua that looks ids up in the current and the previous window.
 *
 * Input: `now_ms`, `window` (ms), `base` (prefix of the names), `ids`, a list of `items`, and `places`, five hexadecimal
 * digits each (`placesOf`). Neighbours with the same hash take one command, so ids should be sorted by place.
 * Output, in variables that must be declared: `seen` has the digest of each known id, else false; `root`, `top` and
 * `generation` are the current window's root, number of layers and number; `place` has the places as numbers if they were
 * needed.
 */
export const lookUpLua = `
generation = math.floor(now_ms / window)
local root_before = base .. generation - 1
root = base .. generation
ids[items + 1] = 'top'
seen = redis.call('HMGET', root, unpack(ids))
local seen_before = redis.call('HMGET', root_before, unpack(ids))
local top_before = tonumber(seen_before[items + 1] or '0')
top = tonumber(seen[items + 1] or '0')
for i = 1, items do seen[i] = seen[i] or seen_before[i] end
place = {}
if top > 0 or top_before > 0 then
  for i = 1, items do place[i] = tonumber(string.sub(places, i * 5 - 4, i * 5), 16) end
  for layer = 1, math.max(top, top_before) do
    local span = ${PLACES} / ${WIDTH} ^ layer
    local first = 1
    while first <= items do
      local number, last = math.floor(place[first] / span), first
      local starts, ends = number * span, (number + 1) * span
      while last < items and place[last + 1] >= starts and place[last + 1] < ends do last = last + 1 end
      local name = ':' .. layer .. ':' .. number
      for w = 1, 2 do
        if layer <= (w == 1 and top or top_before) then
          local found = redis.call('HMGET', (w == 1 and root or root_before) .. name, unpack(ids, first, last))
          for n = 1, #found do
            if found[n] and not seen[first + n - 1] then seen[first + n - 1] = found[n] end
          end
        end
      end
      first = last + 1
    end
  end
end
`;

/**
 * Lua that marks ids as seen in the current window.
 *
 * Input: `root`, `top`, `generation`, `window` (ms), `places`, `place`, `marks`, a flat list of `new` (at least one) ids and
 * digests, and `position`, a list of each id's position in `places`. As for `lookUpLua`, they should be sorted by place.
 * @param command `HSETNX` if an id that is already marked must keep its digest
 */
export const markLua = (command: "HSET" | "HSETNX"): string => `
local names, sizes, from, full
repeat
  names, sizes, from, full = { root }, {}, { 1 }, false
  if top > 0 then
    local span, starts, ends = ${PLACES} / ${WIDTH} ^ top, 0, 0
    names, from = {}, {}
    for n = 1, new do
      local i = position[n]
      local at = place[i] or tonumber(string.sub(places, i * 5 - 4, i * 5), 16)
      if at >= ends or at < starts then
        local number = math.floor(at / span)
        starts, ends = number * span, (number + 1) * span
        names[#names + 1] = root .. ':' .. top .. ':' .. number
        from[#names] = n
      end
    end
  end
  for h = 1, #names do
    sizes[h] = redis.call('HLEN', names[h])
    full = full or sizes[h] >= ${FULL_HASH} and top < ${MOST_LAYERS}
  end
  if full then
    top = top + 1
    redis.call('HSET', root, 'top', top)
  end
until not full
from[#names + 1] = new + 1
for h = 1, #names do
  -- A value of more than 64 bytes makes Redis store the hash as a table from the start. Up to 512 fields it would be a
  -- list, which Redis searches from its start for each id.
  if top > 0 and sizes[h] == 0 then redis.call('HSET', names[h], 'top', string.rep('0', 65)) end
  ${
    command === "HSET"
      ? "redis.call('HSET', names[h], unpack(marks, from[h] * 2 - 1, from[h + 1] * 2 - 2))"
      : "for m = from[h] * 2 - 1, from[h + 1] * 2 - 2, 2 do redis.call('HSETNX', names[h], marks[m], marks[m + 1]) end"
  }
  if sizes[h] == 0 then
    local late = tonumber(string.sub(redis.sha1hex(names[h]), 1, 8), 16) / 2 ^ 32 * window * ${SPREAD}
    redis.call('PEXPIREAT', names[h], string.format('%.0f', (generation + 2) * window + late))
  end
end
`;
