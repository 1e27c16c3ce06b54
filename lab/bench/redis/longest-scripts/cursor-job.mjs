import { CursorJob, runScript } from '../library.mjs';
import { slice } from '../slice.mjs';

const WINDOW = 32;
const MOST = 1024;
const MOST_DEAD = 100_000;
const passOf = (name) => `work-stealing:{${name}}:cj2:pass`;
const stateOf = (name, partition) => `work-stealing:{${name}}:cj2:state:${partition}`;
const deadOf = (name) => `work-stealing:{${name}}:cj2:dead:0`;

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
  const states = Array.from({ length: MOST }, (_, partition) => stateOf('wide', partition));
  const ended = { version: 9, ended: 1, startedAt: 1, done: 1_000_000, partitions: MOST };
  for (const state of states) await client.hset(state, ended);
  await client.hset(passOf('wide'), { partitions: MOST, most: MOST });
  yield {
    scripts: named('claim'),
    what: '32 partitions, all at their end',
    act: () =>
      run('claim', [passOf('wide'), ...states.slice(0, WINDOW)], ['me', 10_000, 0, 100, 1000, MOST, '', 0]),
  };
  yield {
    scripts: named('claim'),
    what: 'with another number of partitions than 1,024 that are all at their end',
    act: () => run('claim', [passOf('wide'), states[0]], ['me', 10_000, 0, 100, 1000, 2, '', 0]),
  };
  yield {
    scripts: named('claim'),
    what: 'where a pass begins, with 1,024 partitions',
    isBounded: false,
    act: (turn) =>
      run('claim', [passOf('passes'), stateOf('passes', 0)], ['me', 10_000, 0, 100, 1000, MOST, turn + 1, 1]),
  };
  yield {
    scripts: named('move'),
    what: 'to the end of the last of 1,024 partitions',
    prepare: () => client.hset(states[7], 'version', 9),
    act: () => run('move', [states[7], deadOf('wide')], [9, MOST, '', 100, 0, '']),
  };
  const wide = new Numbers(client, 'wide', { partitions: MOST });
  yield {
    scripts: named('reset'),
    what: '1,024 partitions, by an operator',
    isBounded: false,
    act: () => wide.reset(),
  };
  const job = new Numbers(client, 'one');
  yield { scripts: [...named('claim'), ...named('move')], what: 'a slice', act: () => job.recruited(slice) };
  const record = 'x'.repeat(1000);
  const keys = [stateOf('dead', 0), deadOf('dead')];
  yield {
    scripts: named('move'),
    what: 'past 100 items that are set aside',
    act: (turn) => run('move', keys, [turn, 1, `s${turn}`, 100, 0, '', ...Array(100).fill(record)]),
  };
  yield {
    scripts: named('give-back'),
    what: 'a place',
    act: () => run('give-back', [stateOf('back', 0)], ['0', '', 50, 1, 1000, record]),
  };
  yield {
    scripts: named('excuse'),
    what: 'a claim',
    act: () => run('excuse', [stateOf('back', 0)], ['0', 'me']),
  };
  yield {
    scripts: ['probe'],
    what: 'the commands of a CursorJob',
    act: (turn) => new Numbers(client, `probed${turn}`).onModuleInit(),
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
