/**
 * A process with all that this package offers switched on, in which everything that a user may name is named by ids that
 * are made up as it runs. At the end it looks at all maps and sets of the process, whoever keeps them, and says on one
 * line which of them have kept how many of those ids.
 */
import 'reflect-metadata';
import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';

const [lib, url, ids] = process.argv.slice(2);
const load = (name) => import(join(lib, name, 'index.js'));
const { Recruiter, WorkStealingModule } = await load('.');
const { FleetService } = await load('fleet');
const { createFailFastRedis, WorkStealingRedis, WorkStealingRedisModule } = await load('redis');
const { WorkStealingDashboardModule } = await load('dashboard');
const { WorkStealingPrometheusModule } = await load('prometheus');
const { WorkStealingStatsd, WorkStealingStatsdModule } = await load('statsd');
const { WorkStealingHealthIndicator, WorkStealingTerminusModule } = await load('terminus');
const { EarlyRefreshCache } = await load('cache');

// Longer than by default: a machine that runs tests is slow now and then.
const factory = () => createFailFastRedis(url, { commandTimeout: 5000 });
const socket = createSocket('udp4');
await new Promise((resolve) => void socket.bind(0, '127.0.0.1', resolve));
const registry = new Registry();

class App {}
Module({
  imports: [
    WorkStealingModule.forRoot({ adaptive: false, load: false, idle: false, dutyCycle: 1 }),
    WorkStealingRedisModule.forRoot({ factory, fleet: { interval: 250 } }),
    WorkStealingDashboardModule.forRoot({ authorize: () => true, interval: 250 }),
    WorkStealingPrometheusModule.forRoot({ registry }),
    WorkStealingStatsdModule.forRoot({ options: { host: '127.0.0.1', port: socket.address().port } }),
    WorkStealingTerminusModule.forRoot(),
  ],
})(App);
// What is logged is of no interest, but that it is.
const app = await NestFactory.create(App, { logger: { log() {}, warn() {}, error() {} } });
await app.listen(0, '127.0.0.1');
const recruiter = app.get(Recruiter);
const fleet = app.get(FleetService);
const viewer = get(`${await app.getUrl()}/work-stealing/events`, (answer) => answer.resume());
viewer.on('error', () => undefined);
const cache = new EarlyRefreshCache(app.get(WorkStealingRedis).client, 'films');

const failing = {
  recruited() {
    throw new Error('away');
  },
  backlog: () => -1,
};
/** Errors that the fleet is told at a time, of the 20 a process tells at most, times five: ms that takes. */
const TELLING = 1500;
for (let first = 0; first < Number(ids); first += 100) {
  const names = Array.from({ length: 100 }, (_, index) => `made-up-${first + index}`);
  const takeOff = names.map((name) => recruiter.install(failing, name, 0.001));
  for (const name of names) {
    await recruiter.recruit(name);
    await cache
      .get(`${name}:1`, () => Promise.reject(new Error('away')), { ttl: 1000 })
      .catch(() => undefined);
  }
  const ordered = names.slice(0, 5).map((id) => ({ id }));
  await Promise.all(ordered.flatMap((job) => [fleet.setRate(job, 0.002, 'ann'), fleet.pause(job, 'ann')]));
  await pause(TELLING);
  await Promise.all([registry.metrics(), app.get(WorkStealingStatsd).flush(), fleet.jobs()]);
  app.get(WorkStealingHealthIndicator).health();
  await Promise.all(ordered.flatMap((job) => [fleet.resetRate(job, 'ann'), fleet.resume(job, 'ann')]));
  for (const undo of takeOff) undo();
}
await pause(1500);

const session = new Session();
session.connect();
const { result: prototypes } = await session.post('Runtime.evaluate', {
  expression: '[Map.prototype, Set.prototype]',
});
const found = [];
for (const index of [0, 1]) {
  const { result: prototype } = await session.post('Runtime.callFunctionOn', {
    objectId: prototypes.objectId,
    functionDeclaration: `function () { return this[${index}]; }`,
  });
  const { objects } = await session.post('Runtime.queryObjects', { prototypeObjectId: prototype.objectId });
  const { result } = await session.post('Runtime.callFunctionOn', {
    objectId: objects.objectId,
    returnByValue: true,
    functionDeclaration: `function () {
      const isMadeUp = (key) => typeof key === 'string' && key.includes('made-up-');
      return this
        .map((all) => { try { return [...all.keys()].filter(isMadeUp); } catch { return []; } })
        .filter((keys) => keys.length > 0)
        .map((keys) => ({ size: keys.length, first: keys[0] }));
    }`,
  });
  found.push(...result.value);
}
console.log(JSON.stringify(found));
viewer.destroy();
process.exit(0);
