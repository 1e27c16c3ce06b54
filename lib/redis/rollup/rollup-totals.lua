-- Reads how often one item was counted in some buckets in a row, folded or not.
-- KEYS   1 what is pending in its partition, named `<base>pending`; the totals are `<base>total:<start>`
-- ARGV   1 the item, 2 start of the first bucket in ms, 3 how many buckets, 4 width of a bucket in ms, 5 ms that a
--        bucket is kept after its end
-- Result the sums, as strings
-- Cost   O(n) for n buckets
-- Atomic because a count that is folded between the two reads would be counted twice or not at all.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local base = string.sub(KEYS[1], 1, -8)
local width = tonumber(ARGV[4])
local sums = {}
for i = 1, tonumber(ARGV[3]) do
  local begins = ARGV[2] + (i - 1) * width
  local start = string.format('%.0f', begins)
  local sum = 0
  if begins + width + ARGV[5] > now then
    sum = tonumber(redis.call('ZSCORE', base .. 'total:' .. start, ARGV[1]) or 0)
      + tonumber(redis.call('HGET', KEYS[1], start .. ':' .. ARGV[1]) or 0)
  end
  sums[i] = string.format('%.0f', sum)
end
return sums
