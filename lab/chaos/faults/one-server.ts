import { setTimeout as pause } from 'node:timers/promises';
import type { OneServer } from '../stores/one-server.js';
import { eventually } from '../stores/store.js';
import type { Fault } from './fault.js';

/** What is done to a server that is the only one. */
export const SERVER_FAULTS: readonly Fault<OneServer>[] = [
  {
    name: 'SIGSTOP of Redis',
    isOutage: true,
    async inflict({ store: { server } }, _, long) {
      server.kill('SIGSTOP');
      await pause(long);
      server.kill('SIGCONT');
    },
  },
  {
    name: 'Redis killed, and restarted with its data',
    isOutage: true,
    async inflict({ store: { server } }, _, long) {
      server.kill('SIGKILL');
      await pause(long / 4);
      await server.restart();
    },
  },
  {
    name: 'Redis killed, and restarted empty',
    loses: 'all',
    isOutage: true,
    async inflict({ store: { server, proxies, direct } }, _, long) {
      proxies[0].set('refuse');
      server.kill('SIGKILL');
      await pause(long / 4);
      await server.restart();
      await eventually('Redis answers again', async () => (await direct.flushall()) === 'OK');
      proxies[0].set('none');
    },
  },
  {
    name: 'Redis out of memory',
    async inflict({ store: { direct } }, _, long) {
      await direct.config('SET', 'maxmemory', '1');
      await pause(long / 4);
      await direct.config('SET', 'maxmemory', '0');
    },
  },
  {
    name: 'Redis read-only',
    async inflict({ store: { direct } }, _, long) {
      await direct.call('REPLICAOF', '127.0.0.1', '1');
      await pause(long / 4);
      await direct.call('REPLICAOF', 'NO', 'ONE');
    },
  },
  {
    name: 'Redis loading its data',
    isOutage: true,
    async inflict({ store: { direct } }, _, long) {
      // It answers LOADING between keys; each takes so many µs that all of them take a fourth of a long fault.
      const delay = Math.ceil(((long / 4) * 1000) / Math.max(1, await direct.dbsize()));
      await direct.config('SET', 'loading-process-events-interval-bytes', '1024', 'key-load-delay', delay);
      await direct.call('DEBUG', 'RELOAD');
      await direct.config('SET', 'key-load-delay', '0');
    },
  },
];
