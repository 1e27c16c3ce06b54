-- Tells what some of the processes alive say of themselves.
-- KEYS   1 when each is due to be struck off, 2 what they say of themselves
-- ARGV   1 cursor of ZSCAN, 2 how many to look at, roughly
-- Result next cursor, then a list of pairs of an id and `<ms>:<number of its word on jobs>:<what it says>`
-- Cost   O(n) for n processes looked at
-- Atomic because who is alive is for the server's clock to say.
-- Fails   nothing is written.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local ids = {}
for i = 1, #page[2], 2 do
  if tonumber(page[2][i + 1]) > now then
    ids[#ids + 1] = page[2][i]
  end
end
local found = {}
-- A small set comes whole, whatever its count: not all of it may be on the stack at once.
for first = 1, #ids, 1000 do
  local last = math.min(#ids, first + 999)
  local words = redis.call('HMGET', KEYS[2], unpack(ids, first, last))
  for i = first, last do
    local word = words[i - first + 1]
    if word then
      found[#found + 1] = ids[i]
      found[#found + 1] = word
    end
  end
end
return { page[1], found }
