/**
 * How long each script holds the server, at the largest bounds that it accepts, as the server's own slow log has it.
 * A script does the same each time, so its median is what it takes; the longest time also has in it what else the
 * machine did meanwhile.
 */
import { Redis } from 'ioredis';
import { startRedis } from '../../../scripts/redis/index.mjs';
import { LUA } from './library.mjs';
import { median } from './median.mjs';
import { cases as coordination } from './longest-scripts/coordination.mjs';
import { cases as cursorJob } from './longest-scripts/cursor-job.mjs';
import { cases as fleet } from './longest-scripts/fleet.mjs';
import { cases as keyspaceSweep } from './longest-scripts/keyspace-sweep.mjs';
import { cases as queueTracker } from './longest-scripts/queue-tracker.mjs';
import { cases as rollup } from './longest-scripts/rollup.mjs';
import { cases as streamReaper } from './longest-scripts/stream-reaper.mjs';
import { cases as nativeHashes } from './longest-scripts/volatile-hashes-native.mjs';
import { cases as volatileHashes } from './longest-scripts/volatile-hashes.mjs';
import { cases as volatileSet } from './longest-scripts/volatile-set.mjs';

const SLOW_LOG = ['--slowlog-log-slower-than', '0', '--slowlog-max-len', '10000'];
/** Turns that are not counted: the first one loads the script. */
const WARM_UP = 3;
const SETS = [
  [
    undefined,
    [
      volatileHashes,
      volatileSet,
      queueTracker,
      rollup,
      streamReaper,
      cursorJob,
      keyspaceSweep,
      fleet,
      coordination,
    ],
  ],
  ['redis-8', [nativeHashes]],
];

export async function rows({ turns }) {
  const found = [];
  const seen = new Set();
  for (const [release, sets] of SETS) {
    const server = await startRedis({ args: SLOW_LOG, ...(release && { release }) });
    const client = new Redis(server.url);
    try {
      for (const cases of sets) {
        await client.flushall('SYNC');
        for await (const one of cases(client)) {
          for (const script of one.scripts) seen.add(script);
          found.push(await rowOf(client, one, turns));
        }
      }
    } finally {
      client.disconnect();
      await server.stop();
    }
  }
  const missing = Object.keys(LUA).filter((script) => !seen.has(script));
  if (missing.length > 0) throw new Error(`Scripts without a figure: ${missing.join(', ')}`);
  return found;
}

async function rowOf(client, { scripts, what, act, prepare = async () => {}, isBounded = true }, turns) {
  const held = [];
  for (let turn = 0; turn < turns + WARM_UP; turn++) {
    await prepare(turn);
    await client.slowlog('RESET');
    await act(turn);
    const log = await client.slowlog('GET', '-1');
    if (turn >= WARM_UP)
      held.push(...log.filter(([, , , [word]]) => word.toLowerCase() === 'evalsha').map((entry) => entry[2]));
  }
  if (held.length < turns)
    throw new Error(`${scripts.join()}: ${what}: ${held.length} scripts in ${turns} turns`);
  const usual = median(held);
  return {
    what: `held by ${scripts.join(', ')}: ${what}`,
    ours: `${usual} µs`,
    against: `longest ${Math.max(...held)} µs`,
    ...(isBounded && { reach: 'under 1,000 µs', reached: usual < 1000 }),
  };
}
