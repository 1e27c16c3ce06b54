-- Reads a page of the heartbeats of the processes alive.
-- KEYS   1 expiry of each process, 2 the heartbeats
-- ARGV   1 cursor of ZSCAN, 2 size of the page, roughly
-- Result next cursor, then a list of pairs of an id and `<ms>:<version of its jobs>:<heartbeat>`
-- Cost   O(n) for n processes in the page
-- Atomic because the server's clock decides which processes are alive.
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
-- ZSCAN returns a small set whole, and Lua's stack limits the arguments of one call.
for first = 1, #ids, 1000 do
  local last = math.min(#ids, first + 999)
  local heartbeats = redis.call('HMGET', KEYS[2], unpack(ids, first, last))
  for i = first, last do
    local heartbeat = heartbeats[i - first + 1]
    if heartbeat then
      found[#found + 1] = ids[i]
      found[#found + 1] = heartbeat
    end
  end
end
return { page[1], found }
