import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { LUA as CACHE } from '../../lib/cache/scripts.generated.js';
import { LUA as REDIS } from '../../lib/redis/lua/scripts.generated.js';
import { everyStructure, type Place } from '../support/every-structure.js';
import { patient, useRedis } from '../support/redis.js';

// Redis 7.2.0 to 7.2.4 writes a number of Lua that is an argument of a command as `1.8e+12` from 10^8 on, where it has
// zeros at its end, and commands refuse that; fractions and numbers beyond 2^53 are written differently by all. So each
// script here has a `redis` that takes whole numbers below 10^8 only: larger ones have to be formatted.
const STRICT = `
local server = redis
local function checked(...)
  for _, value in ipairs({ ... }) do
    if type(value) == 'number' and (value ~= math.floor(value) or math.abs(value) >= 1e8) then
      error('UNFORMATTED ' .. ({ ... })[1] .. ' ' .. value)
    end
  end
  return ...
end
local redis = {
  call = function(...) return server.call(checked(...)) end,
  pcall = function(...) return server.pcall(checked(...)) end,
  error_reply = server.error_reply,
}
`;

function strict<Name extends string>(lua: Record<Name, string>): { LUA: Record<Name, string> } {
  const texts = Object.entries<string>(lua).map(([name, text]) => [name, STRICT + text]);
  return { LUA: Object.fromEntries(texts) as Record<Name, string> };
}

const server = useRedis();
let client: Redis;
beforeAll(() => {
  Logger.overrideLogger(false);
  client = patient(new Redis(server.url));
});
afterAll(() => client.quit());

it('No script hands a number to a command that a release of Redis writes in a way which it does not read', async () => {
  jest.unstable_mockModule('../../lib/redis/lua/scripts.generated.js', () => strict(REDIS));
  jest.unstable_mockModule('../../lib/cache/scripts.generated.js', () => strict(CACHE));
  const redis = await import('nestjs-work-stealing/redis');
  const cache = await import('nestjs-work-stealing/cache');
  const place: Place = { client, plain: client, keyPrefix: '', prefix: 'strict' };
  const failed: Record<string, unknown> = {};
  for (const [name, use] of Object.entries(everyStructure({ redis, cache }))) {
    try {
      await use({ ...place, prefix: `strict-${name.replaceAll(' ', '-')}` });
    } catch (error) {
      failed[name] = error;
    }
  }
  expect(failed).toEqual({});
  // Scripts are what has been tried, all but those of other servers.
  const ran = (await client.info('commandstats')).match(/cmdstat_eval:calls=(\d+)/)?.[1];
  expect(Number(ran)).toBeGreaterThan(30);
  // And it would be noticed.
  const unformatted = `${STRICT}return redis.call('PEXPIREAT', KEYS[1], 1800000000000)`;
  await expect(client.eval(unformatted, 1, 'key')).rejects.toThrow(/UNFORMATTED PEXPIREAT/);
});
