-- Gives a lease its full time again.
-- KEYS   1 the lease
-- ARGV   1 the text with which it was granted, 2 time to live in ms
-- Result 1 when it is renewed, 0 when it has expired or was taken away
-- Cost   O(1)
-- Atomic because between the look and the renewal the lease may expire and become another's.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
