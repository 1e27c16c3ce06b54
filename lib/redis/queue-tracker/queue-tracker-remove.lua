-- Removes identifiers, each only if its stamp is still the one that it had when it was sampled.
-- KEYS   1 the set
-- ARGV   identifier, stamp, identifier, stamp …
-- Result identifiers removed
-- Cost   O(n) for n identifiers
-- Atomic because an identifier that is queued again between the read and the removal would be lost.
local removed = 0
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then
    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return removed
