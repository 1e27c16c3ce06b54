-- Moves counts from what is pending into the totals of their buckets.
-- KEYS   what is pending, one hash a partition, each named `<base>pending`. Which buckets have counts is only known by
--        reading, so their totals, `<base>total:<start>`, are not listed; they have the same hash tag.
-- ARGV   1 maximum counts to move, 2 width of a bucket in ms, 3 ms that a bucket is kept after its end
-- Result counts moved, and how many of them belonged to buckets that are over
-- Cost   O(p + n log m) for p partitions, n counts and m items in their buckets
-- Atomic because a count would be there twice, or nowhere, in between.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local width = tonumber(ARGV[2])
local kept = width + tonumber(ARGV[3])
local left = tonumber(ARGV[1])
local moved = 0
local over = 0
for i = 1, #KEYS do
  if left <= 0 then
    break
  end
  local base = string.sub(KEYS[i], 1, -8)
  local counts = redis.call('HRANDFIELD', KEYS[i], left, 'WITHVALUES')
  local fields = {}
  local added = {}
  local failure
  for j = 1, #counts, 2 do
    local start, item = string.match(counts[j], '^(%-?%d+):(.*)$')
    if not start then
      failure = redis.error_reply('ERR ' .. KEYS[i] .. ' has a field that is no count: ' .. counts[j])
      break
    end
    -- Counts of a bucket that is no longer kept have no total to go to.
    if start + kept > now then
      local total = base .. 'total:' .. start
      local due = string.format('%.0f', start + kept)
      -- What cannot be done has to be noticed before anything is changed: this does nothing where there is no total yet.
      redis.call('ZCARD', total)
      redis.call('PEXPIREAT', total, due)
      added[#added + 1] = { total = total, due = due, count = counts[j + 1], item = item, field = counts[j] }
    end
    fields[#fields + 1] = counts[j]
    if start + width <= now then
      over = over + 1
    end
  end
  -- Taken away before it is added: where that is refused nothing has been counted twice.
  if #fields > 0 then
    redis.call('HDEL', KEYS[i], unpack(fields))
  end
  for _, each in ipairs(added) do
    local sum = redis.pcall('ZINCRBY', each.total, each.count, each.item)
    if type(sum) == 'table' and sum.err then
      redis.call('HINCRBY', KEYS[i], each.field, each.count)
      failure = sum
    else
      redis.call('PEXPIREAT', each.total, each.due)
    end
  end
  if failure then
    return failure
  end
  moved = moved + #fields
  left = left - #fields
end
return { moved, over }
