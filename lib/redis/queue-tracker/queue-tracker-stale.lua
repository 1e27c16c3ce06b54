-- Reads some identifiers that have not been found in the queue, or marked, since a stamp.
-- KEYS   1 the set
-- ARGV   1 cursor of HSCAN, 2 how many to read, roughly, 3 the stamp
-- Result next cursor, then identifier, stamp, identifier, stamp …
-- Cost   O(n) for n identifiers read
-- Atomic because a stamp belongs to its identifier.
-- Fails   nothing is written.
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found = { page[1] }
for i = 1, #page[2], 2 do
  local id, stamp = page[2][i], page[2][i + 1]
  -- The mark of the set is not an identifier.
  if id ~= '' and tonumber(stamp) <= tonumber(ARGV[3]) then
    found[#found + 1] = id
    found[#found + 1] = stamp
  end
end
return found
