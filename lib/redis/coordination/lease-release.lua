-- Ends a lease early.
-- KEYS   1 the holder
-- ARGV   1 the string with which it was acquired
-- Result 1 when it was ended, 0 when it had expired
-- Cost   O(1)
-- Atomic because between reading and deleting, the lease may expire and be granted to another process.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
