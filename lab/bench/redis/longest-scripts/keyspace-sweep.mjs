import { runScript } from '../library.mjs';
import { HOUR, names } from './names.mjs';

const MOST_KEYS = 200;
const HALF = 64 * 1024;

export async function* cases(client) {
  const keys = names(MOST_KEYS);
  await client.mset(keys.flatMap((key) => [key, 'x']));
  yield {
    scripts: ['keyspace-give-ttl'],
    what: '200 keys',
    prepare: () => Promise.all(keys.map((key) => client.persist(key))),
    act: () => runScript(client, 'keyspace-give-ttl', keys, ['0', ...keys.map(() => HOUR)]),
  };
  const old = 'x'.repeat(HALF / MOST_KEYS);
  const changed = 'y'.repeat(HALF / MOST_KEYS);
  yield {
    scripts: ['keyspace-replace'],
    what: '200 values, 128 kB of old and new together',
    prepare: () => client.mset(keys.flatMap((key) => [key, old])),
    act: () =>
      runScript(
        client,
        'keyspace-replace',
        keys,
        keys.flatMap(() => [old, changed]),
      ),
  };
}
