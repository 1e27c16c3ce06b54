-- Puts one page of the sweep into the set, each identifier with a new stamp, and moves the cursor, unless another
-- recruit has moved it since it was read.
-- KEYS   1 the set, 2 the sweep
-- ARGV   1 version that the cursor had, 2 server time when it was read, 3 next cursor or '' at the end of the sweep,
--        then the identifiers
-- Result identifiers that are new, 1 when the cursor has been moved, otherwise 0
-- Cost   O(n) for n identifiers
-- Atomic because a cursor that is moved before its page is in the set would skip that page.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sweep = redis.call('HMGET', KEYS[2], 'version', 'started', 'stamp')
local added = 0
if #ARGV > 3 then
  -- Later than any before, even after a failover to a server whose clock is behind.
  local stamp = string.format('%.0f', math.max(now, tonumber(sweep[3] or 0) + 1))
  local pairs = {}
  for i = 4, #ARGV do
    pairs[#pairs + 1] = ARGV[i]
    pairs[#pairs + 1] = stamp
  end
  added = redis.call('HSET', KEYS[1], unpack(pairs))
  redis.call('HSET', KEYS[2], 'stamp', stamp)
end
if (sweep[1] or '0') ~= ARGV[1] then
  return { added, 0 }
end
local started = sweep[2] or ARGV[2]
if ARGV[3] == '' then
  redis.call('HSET', KEYS[2], 'swept', started)
  redis.call('HDEL', KEYS[2], 'cursor', 'started')
else
  redis.call('HSET', KEYS[2], 'cursor', ARGV[3], 'started', started)
end
redis.call('HINCRBY', KEYS[2], 'version', 1)
return { added, 1 }
