-- Begins a sweep at a place of the operator's choice; whoever is at work there now will not move the cursor.
-- KEYS   1 the state of the partition
-- ARGV   1 cursor, '' for the beginning
-- Result nothing
-- Cost   O(1)
-- Atomic because a worker that moves the cursor meanwhile would undo it.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp = string.format('%.0f', now)
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call(
  'HDEL', KEYS[1], 'cursor', 'limit', 'failures', 'error', 'pausedUntil', 'holder', 'heldUntil', 'claimed', 'ended',
  'earlierAt', 'earlierDone', 'partitions'
)
redis.call('HSET', KEYS[1], 'startedAt', stamp, 'done', 0, 'changed', 0, 'markAt', stamp, 'markDone', 0)
if ARGV[1] ~= '' then
  redis.call('HSET', KEYS[1], 'cursor', ARGV[1])
end
