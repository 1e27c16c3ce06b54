import { runScript, VolatileSet } from '../library.mjs';
import { slice } from '../slice.mjs';
import { HOUR, names, placeOf } from './names.mjs';

const MOST = 250;
const MOST_REAPED = 500;
const PAGE = 200;
const KEY = 'work-stealing:{big:0}:vs1:members';

export async function* cases(client) {
  const set = new VolatileSet(client, 'big', { limit: MOST_REAPED });
  for (let from = 0; from < 100_000; from += MOST) await set.add(names(MOST, from), { ttl: HOUR });
  const some = (turn) => names(MOST, placeOf(turn));
  const add = (turn) => set.add(some(turn), { ttl: HOUR + turn });
  const named = (script) => [`volatile-set-${script}`];
  const of = '250 of 100,000 members';
  yield { scripts: named('add'), what: of, act: add };
  yield {
    scripts: named('touch'),
    what: of,
    act: (turn) => set.touch(some(turn), { ttl: HOUR + 1000 + turn }),
  };
  yield { scripts: named('ttl'), what: of, act: (turn) => set.hasMany(some(turn)) };
  yield { scripts: named('remove'), what: of, prepare: add, act: (turn) => set.remove(some(turn)) };
  yield {
    scripts: named('scan'),
    what: '200 of 100,000 members',
    act: () => runScript(client, 'volatile-set-scan', [KEY], [0, PAGE]),
  };
  yield { scripts: named('size'), what: '100,000 members', act: () => set.size() };
  yield { scripts: named('overdue'), what: 'a partition', act: () => set.oldestOverdue() };
  yield {
    scripts: named('reap'),
    what: '500 of 100,000 members',
    prepare: (turn) => client.zadd(KEY, ...names(MOST_REAPED, placeOf(turn)).flatMap((name) => [1, name])),
    act: () => set.recruited(slice),
  };
}
