import { runScript, VolatileHashes } from '../library.mjs';
import { slice } from '../slice.mjs';
import { HOUR, names, placeOf } from './names.mjs';

const MOST = 250;
const VALUE = 'a value of 24 characters';
const fields = (count, from) => Object.fromEntries(names(count, from).map((name) => [name, VALUE]));

/** The stolen backend. */
export async function* cases(client) {
  const options = { backend: 'stolen', limit: 400 };
  const big = new VolatileHashes(client, 'big', options);
  const fill = (turn) => big.setMany('h', fields(MOST, placeOf(turn)), { ttl: HOUR });
  for (let from = 0; from < 100_000; from += MOST) await big.setMany('h', fields(MOST, from), { ttl: HOUR });
  const named = (script) => [`volatile-hashes-${script}`];
  const of = '250 of 100,000 fields';
  yield { scripts: named('set'), what: of, act: fill };
  yield { scripts: named('get'), what: of, act: (turn) => big.getMany('h', names(MOST, placeOf(turn))) };
  yield {
    scripts: named('delete'),
    what: of,
    prepare: fill,
    act: (turn) => big.delete('h', ...names(MOST, placeOf(turn))),
  };
  yield { scripts: named('size'), what: '100,000 fields', act: () => big.size('h') };
  yield { scripts: named('ttl'), what: 'a field', act: (turn) => big.ttl('h', `item:${turn}`) };
  yield {
    scripts: named('persist'),
    what: 'a field',
    prepare: fill,
    act: (turn) => big.persist('h', `item:${placeOf(turn)}`),
  };
  yield {
    scripts: named('reap'),
    what: '400 fields of one hash',
    prepare: () => due(client, big, 'h', names(400)),
    act: () => big.recruited(slice),
  };
  const many = new VolatileHashes(client, 'many', options);
  yield {
    scripts: named('reap'),
    what: '400 fields of 24 hashes',
    prepare: async () => {
      for (let hash = 0; hash < 24; hash++) await due(client, many, `h${hash}`, names(17));
    },
    act: () => many.recruited(slice),
  };
  const wide = new VolatileHashes(client, 'wide', { ...options, partitions: 64 });
  for (let hash = 0; hash < 2000; hash++) await wide.set(`h${hash}`, 'f', '1', { ttl: HOUR });
  yield { scripts: named('reap'), what: 'nothing due in 64 partitions', act: () => wide.recruited(slice) };
  yield { scripts: named('overdue'), what: '64 partitions', act: () => wide.oldestOverdue() };
  const keys = [big.key('h'), big.key('h').replace(':hash:', ':due:')];
  yield {
    scripts: named('scan'),
    what: '250 of 100,000 fields',
    act: () => runScript(client, 'volatile-hashes-scan', keys, ['0', 250]),
  };
}

/** Sets fields and moves them, and the index, into the past. */
async function due(client, hashes, hash, fieldNames) {
  for (let first = 0; first < fieldNames.length; first += MOST) {
    const some = fieldNames.slice(first, first + MOST).map((name) => [name, VALUE]);
    await hashes.setMany(hash, Object.fromEntries(some), { ttl: HOUR });
  }
  const key = hashes.key(hash);
  await client.zadd(key.replace(':hash:', ':due:'), ...fieldNames.flatMap((name) => [1, name]));
  await client.zadd(key.replace(/:hash:.*$/, ':index'), 1, hash);
}
