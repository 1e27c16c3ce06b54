-- Reads some of the fields of one hash, on a server that expires fields by itself.
-- KEYS   1 the hash
-- ARGV   1 cursor of HSCAN, 2 how many to read, roughly
-- Result next cursor, then a list of field, value, field, value …
-- Cost   O(n) for n fields read
-- Atomic as any script is; it is one because clients make different things of HSCAN's reply.
-- Fails   nothing is written.
return redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
