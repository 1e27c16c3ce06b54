-- Finds the commands that are unknown to this server, or forbidden to this user, by trying each without any effect.
-- KEYS   1 a key that does not exist
-- ARGV   the commands, such as `HSET` or `XINFO GROUPS`; commands that cannot be tried are skipped
-- Result command, error, command, error … of each command that failed
-- Cost   O(n) for n commands
-- Atomic because the commands are checked in a script, as scripts will use them.
local key = KEYS[1]
-- A command that would create the key has an argument that is refused only after the permission has been checked.
local trials = {
  DBSIZE = {},
  DEL = { key },
  EXISTS = { key },
  GET = { key },
  HDEL = { key, 'f' },
  HEXISTS = { key, 'f' },
  HGET = { key, 'f' },
  HGETALL = { key },
  HINCRBY = { key, 'f', 'x' },
  HKEYS = { key },
  HLEN = { key },
  HMGET = { key, 'f' },
  HPERSIST = { key, 'FIELDS', 1, 'f' },
  HPEXPIRE = { key, 1, 'FIELDS', 1, 'f' },
  HPTTL = { key, 'FIELDS', 1, 'f' },
  HRANDFIELD = { key, 1 },
  HSCAN = { key, 0 },
  HSET = { key, 'f', 'v', 'x' },
  INFO = { 'server' },
  LLEN = { key },
  LRANGE = { key, 0, 0 },
  LTRIM = { key, 0, 0 },
  MGET = { key },
  PEXPIRE = { key, 1 },
  PEXPIREAT = { key, 1 },
  PTTL = { key },
  SCAN = { 0, 'COUNT', 1 },
  SET = { key, '', 'XX' },
  TIME = {},
  UNLINK = { key },
  XACK = { key, 'g', '0-1' },
  XADD = { key, 'NOMKSTREAM', '*', 'f', 'v' },
  XAUTOCLAIM = { key, 'g', 'c', 0, '0-0' },
  XCLAIM = { key, 'g', 'c', 0, '0-1' },
  ['XGROUP DELCONSUMER'] = { key, 'g', 'c' },
  ['XINFO CONSUMERS'] = { key, 'g' },
  ['XINFO GROUPS'] = { key },
  XLEN = { key },
  XPENDING = { key, 'g' },
  XRANGE = { key, '-', '+', 'COUNT', 1 },
  XTRIM = { key, 'MAXLEN', 0 },
  ZADD = { key, 'x', 'm' },
  ZCARD = { key },
  ZCOUNT = { key, 0, 0 },
  ZINCRBY = { key, 'x', 'm' },
  ZMSCORE = { key, 'm' },
  ZRANGE = { key, 0, 0 },
  ZRANGEBYSCORE = { key, 0, 0 },
  ZREM = { key, 'm' },
  ZSCAN = { key, 0 },
  ZSCORE = { key, 'm' },
}
local failed = {}
for i = 1, #ARGV do
  if trials[ARGV[i]] then
    local words = {}
    for word in string.gmatch(ARGV[i], '%u+') do
      words[#words + 1] = word
    end
    for _, argument in ipairs(trials[ARGV[i]]) do
      words[#words + 1] = argument
    end
    local reply = redis.pcall(unpack(words))
    if type(reply) == 'table' and reply.err then
      failed[#failed + 1] = ARGV[i]
      failed[#failed + 1] = reply.err
    end
  end
end
return failed
