-- Counts the processes of a fleet.
-- KEYS   1 when each process last called
-- ARGV   1 the calling process, 2 ms after which a process is forgotten
-- Result the number of processes, including the calling one
-- Cost   O(log n), and the same for each process that is forgotten
-- Atomic because between removing and counting another process might be added.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
-- Later times are from before the clock was set back.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
