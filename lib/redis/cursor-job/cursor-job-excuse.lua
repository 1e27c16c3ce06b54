-- Takes the blame from a claim whose process is about to close: if it does not come back, no item is the reason.
-- KEYS   1 the state of the partition
-- ARGV   1 version that was claimed, 2 name of the claim
-- Result 1 when it is excused, 0 when the place is another worker's by now
-- Cost   O(1)
-- Atomic because the claim of another must not lose its blame.
-- Fails   the claim counts as one whose worker died.
local state = redis.call('HMGET', KEYS[1], 'version', 'holder')
if (state[1] or '0') ~= ARGV[1] or state[2] ~= ARGV[2] then
  return 0
end
return redis.call('HDEL', KEYS[1], 'claimed')
