-- Begins all partitions again, with the number that there is now; a worker that is at work in any will not move its
-- cursor.
-- KEYS   1 the sweep, named `<base>pass`. The states of all partitions that it ever had, `<base>state:<p>`, are written.
-- ARGV   1 how many partitions there are
-- Result nothing
-- Cost   O(p) for p partitions
-- Atomic because a sweep with two numbers of partitions would skip items.
-- Fails   some partitions begin again, the others go on where they were, and the sweep has the number that it had.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local base = string.sub(KEYS[1], 1, -5)
local most = math.max(ARGV[1], redis.call('HGET', KEYS[1], 'most') or 0)
for p = 0, most - 1 do
  local key = base .. 'state:' .. p
  redis.call(
    'HDEL', key, 'cursor', 'limit', 'failures', 'error', 'claimed', 'holder', 'heldUntil', 'pausedUntil', 'startedAt',
    'ended', 'partitions', 'earlierAt', 'earlierDone', 'markAt', 'markDone', 'done', 'changed'
  )
  redis.call('HINCRBY', key, 'version', 1)
  if p < tonumber(ARGV[1]) then
    redis.call('HSET', key, 'startedAt', now, 'done', 0, 'changed', 0, 'markAt', now, 'markDone', 0, 'partitions', ARGV[1])
  end
end
redis.call('HSET', KEYS[1], 'partitions', ARGV[1], 'most', string.format('%.0f', most))
