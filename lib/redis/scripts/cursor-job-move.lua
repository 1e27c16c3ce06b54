-- Moves the cursor past items that are done, unless another worker has moved it meanwhile.
-- KEYS   1 the state of the partition, 2 its items set aside
-- ARGV   1 version that was claimed, 2 name of the claim, 3 next cursor, '' at the end, 4 items done, 5 items changed,
--        6 items to ask for next time at most, '' for as many as ever, then a record for each item set aside
-- Result 1 when it is moved, 0 when another worker was faster
-- Cost   O(n) for n items set aside
-- Atomic because a cursor that two workers move would skip what one of them has not done.
local state = redis.call('HMGET', KEYS[1], 'version', 'done', 'changed', 'limit', 'error', 'markAt', 'markDone')
if (state[1] or '0') ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp = string.format('%.0f', now)
local done = string.format('%.0f', (state[2] or 0) + ARGV[4])
-- Before the cursor is past them, or they would be in neither place if this failed.
if #ARGV > 6 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 7))
  redis.call('HINCRBY', KEYS[1], 'dead', #ARGV - 6)
end
local changed = string.format('%.0f', (state[3] or 0) + ARGV[5])
redis.call(
  'HSET', KEYS[1], 'version', string.format('%.0f', ARGV[1] + 1), 'cursor', ARGV[3], 'done', done, 'changed', changed,
  'claimed', 0
)
if ARGV[3] == '' then
  redis.call('HSET', KEYS[1], 'ended', stamp)
  redis.call('HINCRBY', KEYS[1], 'sweeps', 1)
end
if state[5] then
  redis.call('HDEL', KEYS[1], 'failures', 'error', 'pausedUntil')
end
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[1], 'limit', ARGV[6])
elseif state[4] then
  redis.call('HDEL', KEYS[1], 'limit')
end
-- The rate is told over the last one to two half minutes.
if now - (state[6] or 0) >= 30000 then
  redis.call(
    'HSET', KEYS[1], 'earlierAt', state[6] or stamp, 'earlierDone', state[7] or done, 'markAt', stamp, 'markDone', done
  )
end
return 1
