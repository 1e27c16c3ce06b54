-- Sets fields of one hash, all with the same time to live or none, on a server that expires fields by itself.
-- KEYS   1 the hash
-- ARGV   1 time to live in ms or '' for none, then field, value, field, value …
-- Result fields that are new
-- Cost   O(n) for n fields
-- Atomic because a process that dies in between would leave fields that never expire.
if ARGV[1] == '' then
  return redis.call('HSET', KEYS[1], unpack(ARGV, 2))
end
local fields = {}
for i = 2, #ARGV, 2 do
  fields[#fields + 1] = ARGV[i]
end
-- Where this is refused nothing has been set yet, that would never expire.
redis.call('HPEXPIRE', KEYS[1], ARGV[1], 'FIELDS', #fields, unpack(fields))
local added = redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('HPEXPIRE', KEYS[1], ARGV[1], 'FIELDS', #fields, unpack(fields))
return added
