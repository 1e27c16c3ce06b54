-- Counts some of the fields of one hash, on a server that expires fields by itself: HLEN would count expired ones too.
-- KEYS   1 the hash
-- ARGV   1 cursor of HSCAN, 2 how many to read, roughly
-- Result next cursor, then the fields; of a hash that comes whole '0' and their number
-- Cost   O(n) for n fields read
-- Atomic as any script is; only its cost is why it is one (the names stay on the server where all fit).
-- Fails   nothing is written.
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2], 'NOVALUES')
if ARGV[1] == '0' and page[1] == '0' then
  return { '0', #page[2] }
end
return page
