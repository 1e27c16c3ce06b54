-- Renews a lease for its full time.
-- KEYS   1 the lease
-- ARGV   1 its ID, 2 time to live in ms
-- Result 1 if it is renewed, 0 if it has expired or was revoked
-- Cost   O(1)
-- Atomic because between check and renewal the lease may expire and be granted to another.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
