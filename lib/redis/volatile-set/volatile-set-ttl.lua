-- Reads the times to live of members.
-- KEYS   1 the members of a partition by due time
-- ARGV   the members
-- Result for each ms left, -1 for one that stays, -2 for one that is missing or overdue
-- Cost   O(n) for n members
-- Atomic because due times and the clock have to be of the same moment.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV))
local left = {}
for i = 1, #ARGV do
  local due = tonumber(known[i] or 0)
  if due == math.huge then
    left[i] = -1
  else
    left[i] = due > now and due - now or -2
  end
end
return left
