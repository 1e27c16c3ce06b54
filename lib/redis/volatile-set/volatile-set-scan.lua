-- Reads some of the members that are not overdue.
-- KEYS   1 the members of a partition by due time
-- ARGV   1 cursor of ZSCAN, 2 how many to read, roughly
-- Result next cursor, then the members
-- Cost   O(n) for n members read
-- Atomic because due times and the clock have to be of the same moment.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found = { page[1] }
for i = 1, #page[2], 2 do
  if tonumber(page[2][i + 1]) > now then
    found[#found + 1] = page[2][i]
  end
end
return found
