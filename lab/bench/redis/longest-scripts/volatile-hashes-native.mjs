import { runScript, VolatileHashes } from '../library.mjs';
import { HOUR, names, placeOf } from './names.mjs';

const MOST = 250;
const fields = (from) =>
  Object.fromEntries(names(MOST, from).map((name) => [name, 'a value of 24 characters']));

/** The native backend, on a server that expires fields itself. */
export async function* cases(client) {
  const big = new VolatileHashes(client, 'big', { backend: 'native' });
  const fill = (turn) => big.setMany('h', fields(placeOf(turn)), { ttl: HOUR });
  for (let from = 0; from < 100_000; from += MOST) await big.setMany('h', fields(from), { ttl: HOUR });
  const named = (script) => [`volatile-hashes-native-${script}`];
  const of = '250 of 100,000 fields (Redis 8)';
  yield { scripts: named('set'), what: of, act: fill };
  yield {
    scripts: named('delete'),
    what: of,
    prepare: fill,
    act: (turn) => big.delete('h', ...names(MOST, placeOf(turn))),
  };
  yield {
    scripts: named('persist'),
    what: 'a field (Redis 8)',
    prepare: fill,
    act: (turn) => big.persist('h', `item:${placeOf(turn)}`),
  };
  for (const script of ['scan', 'size']) {
    yield {
      scripts: named(script),
      what: '250 of 100,000 fields (Redis 8)',
      act: () => runScript(client, `volatile-hashes-native-${script}`, [big.key('h')], ['0', 250]),
    };
  }
}
