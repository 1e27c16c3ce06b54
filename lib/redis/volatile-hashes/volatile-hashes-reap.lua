-- Deletes overdue fields, the longest overdue of each partition first.
-- KEYS   the indexes of partitions, each named `<base>index`. The hashes that are due are only known by reading, so
--        their keys, `<base>hash:<name>` and `<base>due:<name>`, are not listed; they have the index's hash tag.
-- ARGV   1 maximum fields to delete, 2 maximum hashes to visit
-- Result fields deleted, and 1 when a limit was reached (more may be waiting) or 0
-- Cost   O(p + n log m) for p partitions, n fields deleted and m fields with a due time in their hashes
-- Atomic because a field that is set again between the read and the deletion would be lost.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(ARGV[1])
local visits = tonumber(ARGV[2])
local done = 0
for i = 1, #KEYS do
  if left <= 0 or visits <= 0 then
    break
  end
  local base = string.sub(KEYS[i], 1, -6)
  local names = redis.call('ZRANGE', KEYS[i], '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, visits)
  local gone = {}
  local later = {}
  for n = 1, #names do
    if left <= 0 then
      break
    end
    visits = visits - 1
    local due = base .. 'due:' .. names[n]
    local fields = redis.call('ZRANGE', due, '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, left)
    if #fields > 0 then
      local deleted = redis.pcall('HDEL', base .. 'hash:' .. names[n], unpack(fields))
      -- Where somebody has put a value of another type, the fields are gone already: their due times go too, or this
      -- hash would stop every slice for ever.
      if type(deleted) == 'table' and not string.find(deleted.err, 'WRONGTYPE', 1, true) then
        return deleted
      end
      redis.call('ZREM', due, unpack(fields))
      done = done + #fields
    end
    left = left - #fields
    local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
    if first[1] then
      later[#later + 1] = first[2]
      later[#later + 1] = names[n]
    else
      gone[#gone + 1] = names[n]
    end
  end
  if #gone > 0 then
    redis.call('ZREM', KEYS[i], unpack(gone))
  end
  if #later > 0 then
    redis.call('ZADD', KEYS[i], unpack(later))
  end
end
return { done, (left <= 0 or visits <= 0) and 1 or 0 }
