import { runScript } from '../library.mjs';
import { names } from './names.mjs';

const [STREAM, DEAD, GROUP] = ['stream', 'stream:dead', 'group'];
const MOST_CLAIMED = 50;
const MOST_RETIRED = 100;
const CONSUMERS = 1000;

/** Each at its largest limit, in a group of many consumers. */
export async function* cases(client) {
  await client.xgroup('CREATE', STREAM, GROUP, '$', 'MKSTREAM');
  const run = (script, keys, args) => runScript(client, `stream-reaper-${script}`, keys, args);
  const named = (script) => [`stream-reaper-${script}`];
  const claim = (most) => () => run('claim', [STREAM, DEAD], [GROUP, 'reaper', 0, '0-0', MOST_CLAIMED, most]);
  const refill = () => pending(client, MOST_CLAIMED);
  yield { scripts: named('claim'), what: '50 entries handed out', prepare: refill, act: claim(5) };
  yield { scripts: named('claim'), what: '50 entries buried', prepare: refill, act: claim(1) };
  yield {
    scripts: named('bury'),
    what: 'an entry',
    prepare: refill,
    act: async () => {
      const [[id]] = await client.xrange(STREAM, '-', '+', 'COUNT', 1);
      await run('bury', [STREAM, DEAD], [GROUP, id, 1, 'a reason']);
    },
  };
  yield {
    scripts: named('give-back'),
    what: '50 entries',
    prepare: async () => {
      await refill();
      await claim(5)();
    },
    act: async () => {
      const held = await client.xpending(STREAM, GROUP, '-', '+', MOST_CLAIMED);
      await run(
        'give-back',
        [STREAM],
        [GROUP, 'reaper', 0, ...held.flatMap(([id, , , has]) => [id, has, has - 1])],
      );
    },
  };
  yield {
    scripts: named('retire'),
    what: '100 of 1,000 consumers',
    prepare: async () => {
      await client.pipeline(consumers()).exec();
    },
    act: () => run('retire', [STREAM], [GROUP, ...names(MOST_RETIRED)]),
  };
  yield {
    scripts: named('trim'),
    what: '1,000 entries',
    prepare: () => done(client, 1200),
    act: () => run('trim', [STREAM], [0, 1000]),
  };
}

const consumers = () => names(CONSUMERS).map((name) => ['xgroup', 'CREATECONSUMER', STREAM, GROUP, name]);

/** So many entries, with a consumer that does not come back. */
async function pending(client, count) {
  await client.del(STREAM, DEAD);
  await client.xgroup('CREATE', STREAM, GROUP, '$', 'MKSTREAM');
  await add(client, count);
  await client.xreadgroup('GROUP', GROUP, 'worker', 'COUNT', count, 'STREAMS', STREAM, '>');
}

/** So many entries that the group is done with. */
async function done(client, count) {
  await pending(client, count);
  const entries = await client.xrange(STREAM, '-', '+');
  await client.xack(STREAM, GROUP, ...entries.map(([id]) => id));
}

async function add(client, count) {
  const entry = ['xadd', STREAM, '*', 'order', '123456', 'text', 'a value of 24 characters'];
  await client.pipeline(Array.from({ length: count }, () => entry)).exec();
}
