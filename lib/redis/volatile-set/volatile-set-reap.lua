-- Removes overdue members, the longest overdue of each partition first.
-- KEYS   the members of some partitions by due time
-- ARGV   1 maximum members to remove
-- Result members removed
-- Cost   O(p + n log m) for p partitions, n members removed and m in their partitions
-- Atomic because a member that is added again between the read and the removal would be lost.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(ARGV[1])
local done = 0
for i = 1, #KEYS do
  if left <= 0 then
    break
  end
  local overdue = redis.call('ZRANGE', KEYS[i], '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, left)
  if #overdue > 0 then
    redis.call('ZREM', KEYS[i], unpack(overdue))
    done = done + #overdue
    left = left - #overdue
  end
end
return done
