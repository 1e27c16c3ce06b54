-- Adds members, all with the same time to live or none.
-- KEYS   1 the members of a partition by due time
-- ARGV   1 time to live in ms or '' for none, then the members, none twice
-- Result members that were missing or overdue
-- Cost   O(n log m) for n members added and m in the partition
-- Atomic because a member that falls due meanwhile must count as new.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = ARGV[1] == '' and '+inf' or string.format('%.0f', now + ARGV[1])
local known = redis.call('ZMSCORE', KEYS[1], unpack(ARGV, 2))
local added = 0
local members = {}
for i = 2, #ARGV do
  local old = known[i - 1]
  if not (old and tonumber(old) > now) then
    added = added + 1
  end
  members[#members + 1] = due
  members[#members + 1] = ARGV[i]
end
redis.call('ZADD', KEYS[1], unpack(members))
return added
