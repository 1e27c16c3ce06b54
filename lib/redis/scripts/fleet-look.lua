-- Tells what the processes alive say of themselves.
-- KEYS   1 when each is due to be struck off, 2 what they say of themselves
-- Result pairs of an id and `<ms>:<number of its word on jobs>:<what it says>`
-- Cost   O(n) for n processes
-- Atomic because who is alive is for the server's clock to say.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
local found = {}
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
return found
