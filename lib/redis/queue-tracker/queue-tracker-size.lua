-- Counts identifiers.
-- KEYS   1 the set
-- Result the count, without the mark of the set
-- Cost   O(1)
-- Atomic because the mark may come between the two reads.
-- Fails   nothing is written.
return redis.call('HLEN', KEYS[1]) - redis.call('HEXISTS', KEYS[1], '')
