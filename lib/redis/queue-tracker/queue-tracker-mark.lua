-- Puts identifiers into the set, each with a new stamp.
-- KEYS   1 the set, 2 the sweep
-- ARGV   the identifiers
-- Result identifiers that are new
-- Cost   O(n) for n identifiers
-- Atomic because a stamp that is not stored could be given twice, and what has it could be removed by mistake.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Later than any before, even after a failover to a server whose clock is behind.
local last = tonumber(redis.call('HGET', KEYS[2], 'stamp') or 0)
local stamp = string.format('%.0f', math.max(now, last + 1))
local pairs = {}
for i = 1, #ARGV do
  pairs[2 * i - 1] = ARGV[i]
  pairs[2 * i] = stamp
end
local added = redis.call('HSET', KEYS[1], unpack(pairs))
redis.call('HSET', KEYS[2], 'stamp', stamp)
return added
