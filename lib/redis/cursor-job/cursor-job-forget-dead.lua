-- Forgets the items that were set aside.
-- KEYS   1 the state of the partition, 2 its items set aside
-- Result how many there were
-- Cost   O(1); the list is freed in the background
-- Atomic because the count has to be that of the list.
local count = redis.call('LLEN', KEYS[2])
-- A count without its list would stop the partition for ever.
if redis.call('HEXISTS', KEYS[1], 'dead') == 1 then
  redis.call('HDEL', KEYS[1], 'dead')
end
redis.call('UNLINK', KEYS[2])
return count
