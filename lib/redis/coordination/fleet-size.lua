-- Counts the processes of a fleet.
-- KEYS   1 when each was last heard of
-- ARGV   1 the process that asks, 2 ms after which one is forgotten
-- Result processes, the one that asks included
-- Cost   O(log n), and as much again for each that is forgotten
-- Atomic because between forgetting and counting another might come.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
-- What is later than now is of a clock that has been put back since.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
