-- Puts one page of the sweep into the set, each identifier with a new stamp, and moves the cursor, unless another
-- recruit has moved it since it was read, or the set has been lost since.
-- KEYS   1 the set, 2 the sweep
-- ARGV   1 version that the cursor had, 2 server time when it was read, 3 mark of the set then, '' for none, 4 next cursor
--        or '' at the end of the sweep, 5 when the pass fell due in ms, '' without `every`, 6 the last stamp before the
--        sweep of the pass where this page begins it, otherwise '', then the identifiers
-- Result identifiers that are new, 1 when the cursor has been moved, otherwise 0
-- Cost   O(n) for n identifiers
-- Atomic because a cursor that is moved before its page is in the set would skip that page.
-- Fails   the page may be in the set, the cursor stays, and the page is read again.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sweep = redis.call('HMGET', KEYS[2], 'version', 'started', 'stamp', 'mark')
local mark = redis.call('HGET', KEYS[1], '')
if not mark or mark ~= sweep[4] then
  mark = ''
end
local isMoved = (sweep[1] or '0') == ARGV[1] and mark == ARGV[3]
-- Later than any before, even after a failover to a server whose clock is behind.
local stamp = string.format('%.0f', math.max(now, tonumber(sweep[3] or 0) + 1))
local pairs = {}
for i = 7, #ARGV do
  pairs[#pairs + 1] = ARGV[i]
  pairs[#pairs + 1] = stamp
end
local added = 0
if #pairs > 0 then
  redis.call('HSET', KEYS[2], 'stamp', stamp)
  added = redis.call('HSET', KEYS[1], unpack(pairs))
end
if not isMoved then
  return { added, 0 }
end
local started = sweep[2] or ARGV[2]
local isBeginning = ARGV[5] ~= '' and ARGV[6] ~= ''
local set = { 'version', string.format('%.0f', ARGV[1] + 1) }
local function put(name, value)
  set[#set + 1] = name
  set[#set + 1] = value
end
if mark == '' then
  -- A set of which nothing is known: what was swept into another is not in it.
  local new = string.format('%.0f', time[1] * 1000000 + time[2])
  redis.call('HSET', KEYS[1], '', new)
  redis.call('HDEL', KEYS[2], 'swept', 'cursor', 'started')
  put('mark', new)
  started = ARGV[2]
end
if isBeginning then
  redis.call('HDEL', KEYS[2], 'passSwept')
  put('passDue', ARGV[5])
  put('passStamp', ARGV[6])
  started = ARGV[2]
end
if ARGV[4] == '' then
  redis.call('HDEL', KEYS[2], 'cursor', 'started')
  put('swept', started)
  if ARGV[5] ~= '' then
    put('passSwept', 1)
  end
else
  put('cursor', ARGV[4])
  put('started', started)
end
redis.call('HSET', KEYS[2], unpack(set))
return { added, 1 }
