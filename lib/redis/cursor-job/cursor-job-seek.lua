-- Begins a sweep of one partition at a place of the operator's choice; a worker that is at work there now will not move
-- the cursor.
-- KEYS   1 the sweep, 2 the state of the partition
-- ARGV   1 cursor, '' for the beginning, 2 how many partitions there are
-- Result 0, or the number of partitions that the sweep has, where that is another
-- Cost   O(1)
-- Atomic because a worker that moves the cursor meanwhile would undo it.
-- Fails   the sweep goes on where it was; where HSET fails after HDEL, at the beginning.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local pass = redis.call('HMGET', KEYS[1], 'partitions', 'most')
if pass[1] and pass[1] ~= ARGV[2] then
  return tonumber(pass[1])
end
local version = redis.call('HGET', KEYS[2], 'version') or 0
redis.call(
  'HDEL', KEYS[2], 'limit', 'failures', 'error', 'pausedUntil', 'holder', 'heldUntil', 'claimed', 'ended', 'earlierAt',
  'earlierDone'
)
redis.call(
  'HSET', KEYS[2], 'version', string.format('%.0f', version + 1), 'cursor', ARGV[1], 'partitions', ARGV[2], 'startedAt',
  now, 'done', 0, 'changed', 0, 'markAt', now, 'markDone', 0
)
redis.call('HSET', KEYS[1], 'partitions', ARGV[2], 'most', string.format('%.0f', math.max(ARGV[2], pass[2] or 0)))
return 0
