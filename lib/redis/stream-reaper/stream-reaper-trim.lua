-- Deletes old entries of a stream, but none that any of its groups has still to deliver or to see acknowledged.
-- KEYS   1 the stream
-- ARGV   1 ms that an entry is kept, 2 maximum entries to delete
-- Result entries deleted
-- Cost   O(g + n) for g groups and n entries deleted
-- Atomic because an entry may be delivered between the read and the deletion.

-- Ids have 64-bit halves, which numbers of Lua cannot represent.
local function isBefore(a, b)
  local aTime, aCount = string.match(a, '(%d+)-(%d+)')
  local bTime, bCount = string.match(b, '(%d+)-(%d+)')
  if aTime == bTime then
    aTime, bTime = aCount, bCount
  end
  if #aTime ~= #bTime then
    return #aTime < #bTime
  end
  return aTime < bTime
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local first = string.format('%.0f-0', math.max(0, now - ARGV[1]))
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #info, 2 do
    group[info[i]] = info[i + 1]
  end
  local needed = group['last-delivered-id']
  if group.pending > 0 then
    local oldest = redis.call('XPENDING', KEYS[1], group.name, '-', '+', 1)[1][1]
    needed = isBefore(oldest, needed) and oldest or needed
  end
  first = isBefore(needed, first) and needed or first
end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', first, 'LIMIT', ARGV[2])
