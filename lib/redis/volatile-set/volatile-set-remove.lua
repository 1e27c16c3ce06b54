-- Removes members.
-- KEYS   1 the members of a partition by due time
-- ARGV   the members, none twice
-- Result members removed that were not overdue
-- Cost   O(n log m) for n members and m in the partition
-- Atomic because a member may fall due between the count and the removal.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local live = 0
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV))
for i = 1, #ARGV do
  if known[i] and tonumber(known[i]) > now then
    live = live + 1
  end
end
redis.call('ZREM', KEYS[1], unpack(ARGV))
return live
