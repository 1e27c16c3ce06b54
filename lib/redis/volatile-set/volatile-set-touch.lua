-- Gives members that are there a new time to live, or none.
-- KEYS   1 the members of a partition by due time
-- ARGV   1 time to live in ms or '' for none, then the members
-- Result for each member 1, or 0 when it is missing or overdue
-- Cost   O(n log m) for n members and m in the partition
-- Atomic because a member that falls due meanwhile must not be brought back.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = ARGV[1] == '' and '+inf' or string.format('%.0f', now + ARGV[1])
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV, 2))
local touched = {}
local live = {}
for i = 2, #ARGV do
  local old = known[i - 1]
  local isLive = old and tonumber(old) > now
  touched[i - 1] = isLive and 1 or 0
  if isLive then
    live[#live + 1] = due
    live[#live + 1] = ARGV[i]
  end
end
if #live > 0 then
  redis.call('ZADD', KEYS[1], 'XX', unpack(live))
end
return touched
