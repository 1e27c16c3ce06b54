import { QueueTracker, runScript } from '../library.mjs';
import { names, placeOf } from './names.mjs';

const MOST = 250;
const [SET, SWEEP] = ['queued', 'sweep'].map((part) => `work-stealing:{big}:qt2:${part}`);

export async function* cases(client) {
  const none = { nextQueued: () => ({ ids: [] }), stillQueued: (ids) => ids };
  const tracker = new QueueTracker(client, 'big', none);
  for (let from = 0; from < 100_000; from += MOST) await tracker.markQueued(...names(MOST, from));
  const mark = (turn) => tracker.markQueued(...names(MOST, placeOf(turn)));
  const run = (script, keys, args) => runScript(client, `queue-tracker-${script}`, keys, args);
  const named = (script) => [`queue-tracker-${script}`];
  const of = '250 of 100,000 ids';
  yield { scripts: named('mark'), what: of, act: mark };
  yield { scripts: named('read'), what: 'the cursor', act: () => tracker.sweepAge() };
  yield {
    scripts: named('advance'),
    what: of,
    act: (turn) =>
      run('advance', [SET, SWEEP], [turn, Date.now(), '', 'next', '', '', ...names(MOST, placeOf(turn))]),
  };
  yield { scripts: named('size'), what: '100,000 ids', act: () => tracker.size() };
  yield { scripts: named('sample'), what: of, act: () => run('sample', [SET], [MOST]) };
  yield { scripts: named('stale'), what: of, act: () => run('stale', [SET], ['0', MOST, 2 ** 52]) };
  let sample;
  yield {
    scripts: named('remove'),
    what: of,
    prepare: async (turn) => {
      await mark(turn);
      sample = await run('sample', [SET], [MOST]);
    },
    act: () => run('remove', [SET], sample),
  };
}
