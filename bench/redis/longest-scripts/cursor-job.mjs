import { CursorJob, runScript } from '../library.mjs';
import { slice } from '../slice.mjs';

const WINDOW = 32;
const MOST_DEAD = 100_000;
const stateOf = (name, partition) => `work-stealing:{${name}:${partition}}:cj1:state`;
const deadOf = (name) => `work-stealing:{${name}:0}:cj1:dead`;

class Numbers extends CursorJob {
  fetch(cursor = '0', limit) {
    return {
      items: Array.from({ length: limit }, (_, index) => index),
      next: String(Number(cursor) + limit),
    };
  }

  process() {}
}

export async function* cases(client) {
  const run = (script, keys, args) => runScript(client, `cursor-job-${script}`, keys, args);
  const named = (script) => [`cursor-job-${script}`];
  const states = Array.from({ length: WINDOW }, (_, partition) => stateOf('wide', partition));
  for (const state of states)
    await client.hset(state, { version: 9, ended: 1, startedAt: 1, done: 1_000_000 });
  yield {
    scripts: named('claim'),
    what: '32 partitions, all at their end',
    act: () => run('claim', states, ['me', 10_000, -1, 100, 1000]),
  };
  const job = new Numbers(client, 'one');
  yield { scripts: [...named('claim'), ...named('move')], what: 'a slice', act: () => job.recruited(slice) };
  const record = 'x'.repeat(1000);
  const keys = [stateOf('dead', 0), deadOf('dead')];
  yield {
    scripts: named('move'),
    what: 'past 100 items that are set aside',
    act: (turn) => run('move', keys, [turn, 'me', `s${turn}`, 100, 0, '', ...Array(100).fill(record)]),
  };
  yield {
    scripts: named('give-back'),
    what: 'a place',
    act: () => run('give-back', [stateOf('back', 0)], ['0', 'me', 50, 1, 1000, record]),
  };
  yield { scripts: named('seek'), what: 'a place', act: (turn) => job.seek(String(turn)) };
  yield {
    scripts: named('forget-dead'),
    what: '100,000 items',
    prepare: async () => {
      const records = Array(1000).fill('x');
      for (let count = 0; count < MOST_DEAD; count += records.length)
        await client.rpush(deadOf('one'), ...records);
    },
    act: () => job.forgetDead(),
  };
}
