-- Reads for how long the longest overdue field of some partitions has been overdue.
-- KEYS   the indexes of partitions
-- Result ms, 0 when no field is overdue
-- Cost   O(p log h) for p partitions and h hashes with due times in each
-- Atomic as any script is; it is one for the server's clock.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local earliest = now
for i = 1, #KEYS do
  local first = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
  if first[1] then
    earliest = math.min(earliest, tonumber(first[2]))
  end
end
return now - earliest
