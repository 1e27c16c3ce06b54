-- Moves the cursor past items that are done, unless another worker has moved it meanwhile.
-- KEYS   1 the state of the partition, 2 its items set aside
-- ARGV   1 version that was claimed, 2 name of the claim, 3 next cursor, '' at the end, 4 items done, 5 items changed,
--        6 items to ask for next time at most, '' for as many as ever, then a record for each item set aside
-- Result 1 when it is moved, 0 when another worker was faster
-- Cost   O(n) for n items set aside
-- Atomic because a cursor that two workers move would skip what one of them has not done.
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HDEL', KEYS[1], 'failures', 'error', 'pausedUntil', 'holder', 'heldUntil', 'claimed')
local done = redis.call('HINCRBY', KEYS[1], 'done', ARGV[4])
redis.call('HINCRBY', KEYS[1], 'changed', ARGV[5])
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'cursor', ARGV[3])
else
  redis.call('HDEL', KEYS[1], 'cursor')
  redis.call('HSET', KEYS[1], 'ended', now)
  redis.call('HINCRBY', KEYS[1], 'sweeps', 1)
end
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[1], 'limit', ARGV[6])
else
  redis.call('HDEL', KEYS[1], 'limit')
end
if #ARGV > 6 then
  redis.call('RPUSH', KEYS[2], unpack(ARGV, 7))
  redis.call('HINCRBY', KEYS[1], 'dead', #ARGV - 6)
end
-- The rate is told over the last one to two half minutes.
local mark = redis.call('HMGET', KEYS[1], 'markAt', 'markDone')
if now - tonumber(mark[1] or 0) >= 30000 then
  redis.call(
    'HSET', KEYS[1], 'earlierAt', mark[1] or now, 'earlierDone', mark[2] or done, 'markAt', now, 'markDone', done
  )
end
return 1
