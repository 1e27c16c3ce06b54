-- Reads the items of one bucket that were counted most often, as far as they are folded.
-- KEYS   1 the totals of that bucket in one partition
-- ARGV   1 how many at most
-- Result item, total, item, total …, the largest first
-- Cost   O(log m + n) for n items read of m
-- Atomic as any script is; it is one because the reply of ZRANGE depends on the version of the protocol.
return redis.call('ZRANGE', KEYS[1], 0, ARGV[1] - 1, 'REV', 'WITHSCORES')
