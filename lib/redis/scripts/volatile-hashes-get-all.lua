-- Reads all fields of one hash that are not overdue.
-- KEYS   1 the hash, 2 its due times
-- Result field, value, field, value …
-- Cost   O(n) for n fields in the hash, O(log n + k) for the k that are overdue
-- Atomic because values and due times have to be of the same moment.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local overdue = redis.call('ZRANGE', KEYS[2], '-inf', string.format('%.0f', now), 'BYSCORE')
if #overdue == 0 then
  return all
end
local gone = {}
for i = 1, #overdue do
  gone[overdue[i]] = true
end
local live = {}
for i = 1, #all, 2 do
  if not gone[all[i]] then
    live[#live + 1] = all[i]
    live[#live + 1] = all[i + 1]
  end
end
return live
