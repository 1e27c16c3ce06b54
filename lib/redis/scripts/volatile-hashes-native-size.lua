-- Counts the fields of one hash, on a server that expires fields by itself: HLEN would count expired ones too.
-- KEYS   1 the hash
-- Result the count
-- Cost   O(n) for n fields
-- Atomic as any script is; only its cost is why it is one (the names stay on the server).
return #redis.call('HKEYS', KEYS[1])
