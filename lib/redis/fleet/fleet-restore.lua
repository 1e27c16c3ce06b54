-- Restores orders that Redis has lost.
-- KEYS   1 the orders
-- ARGV   1 their revision, 2 the channel, from 3 pairs of a field and its value
-- Result 1, 0 if Redis has orders of the same revision or a later one
-- Cost   O(n) for n orders
-- Atomic because every process that has them tries to restore them.
local seen = tonumber(string.match(redis.call('HGET', KEYS[1], 'revision') or '', '^%d+$') or 0)
if seen > 9007199254740991 then
  seen = 0
end
if seen >= tonumber(ARGV[1]) then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'revision', ARGV[1], unpack(ARGV, 3))
redis.pcall('PUBLISH', ARGV[2], ARGV[1])
return 1
