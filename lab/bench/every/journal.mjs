/** Appends an entry with the time of the server, in ms. */
const NOTE = `
local time = redis.call('TIME')
local entry = cjson.decode(ARGV[1])
entry.at = time[1] * 1000 + time[2] / 1000
return redis.call('RPUSH', KEYS[1], cjson.encode(entry))`;

export function defineJournal(redis) {
  redis.defineCommand('note', { numberOfKeys: 1, lua: NOTE });
  return redis;
}
