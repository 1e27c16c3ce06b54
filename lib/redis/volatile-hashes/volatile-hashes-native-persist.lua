-- Takes a field's time to live away, on a server that expires fields by itself.
-- KEYS   1 the hash
-- ARGV   1 the field
-- Result 1 when the field is there and stays, 0 when it is missing
-- Cost   O(1)
-- Atomic because the field may expire between the read and the write.
return redis.call('HPERSIST', KEYS[1], 'FIELDS', 1, ARGV[1])[1] == -2 and 0 or 1
