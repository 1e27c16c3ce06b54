-- Reads some of the fields of one hash that are not overdue.
-- KEYS   1 the hash, 2 its due times
-- ARGV   1 cursor of HSCAN, 2 how many to read, roughly
-- Result next cursor, then a list of field, value, field, value …
-- Cost   O(n) for n fields read
-- Atomic because values and due times have to be of the same moment.
-- Fails   nothing is written.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local page = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local found = page[2]
local live = {}
-- A small hash comes whole, whatever its count: not all of it may be on the stack at once.
for first = 1, #found, 2000 do
  local last = math.min(#found, first + 1999)
  local fields = {}
  for i = first, last, 2 do
    fields[#fields + 1] = found[i]
  end
  local due = redis.call('ZMSCORE', KEYS[2], unpack(fields))
  for i = 1, #fields do
    if not (due[i] and tonumber(due[i]) <= now) then
      live[#live + 1] = fields[i]
      live[#live + 1] = found[first + 2 * i - 1]
    end
  end
end
return { page[1], live }
