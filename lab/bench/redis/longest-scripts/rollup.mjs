import { Rollup, runScript } from '../library.mjs';
import { slice } from '../slice.mjs';
import { HOUR, names, placeOf } from './names.mjs';

const MOST_MOVED = 100;

export async function* cases(client) {
  const rollup = new Rollup(client, 'big', { partitions: 1, limit: MOST_MOVED });
  const now = Date.now();
  const count = (turn) =>
    Promise.all(names(MOST_MOVED, placeOf(turn)).map((item) => rollup.add(item, 1, now)));
  for (let from = 0; from < 100_000; from += 1000) {
    await Promise.all(names(1000, from).map((item) => rollup.add(item, 1, now)));
  }
  while ((await rollup.recruited(slice)).done > 0);
  yield {
    scripts: ['rollup-fold'],
    what: '100 counts into 100,000 items',
    prepare: count,
    act: () => rollup.recruited(slice),
  };
  yield {
    scripts: ['rollup-totals'],
    what: '100 buckets of an item',
    act: () => rollup.totals('item:1', now - 99 * HOUR, now),
  };
  const bucket = `work-stealing:{big:0}:ru1:total:${Math.floor(now / HOUR) * HOUR}`;
  yield {
    scripts: ['rollup-scan'],
    what: '500 of 100,000 items',
    act: () => runScript(client, 'rollup-scan', [bucket], ['0', 500]),
  };
  yield { scripts: ['rollup-top'], what: '250 of 100,000 items', act: () => rollup.top(250, now) };
}
