-- Reads some of the items of one bucket and how often they were counted, as far as they are folded.
-- KEYS   1 the totals of that bucket in one partition
-- ARGV   1 cursor of ZSCAN, 2 how many to read, roughly
-- Result next cursor, then a list of item, total, item, total …
-- Cost   O(n) for n items read
-- Atomic as any script is; it is one because clients make different things of ZSCAN's reply.
-- Fails   nothing is written.
return redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
