/** One process of a small fleet: a Nest application with a route, and the ways that it was told to bring. */
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { Enlist, Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { cpuTime } from '../subjects/cpu-time.mjs';
import { decorate } from '../subjects/decorate.mjs';
import { partsOf, queueOf } from './ways.mjs';

const config = JSON.parse(process.argv[2]);
const { url, prefix, ways, limit, io, loop, isReporting } = config;
const redis = new Redis(url, { keyPrefix: `${prefix}:` });
const isStealing = ways.includes('default') || ways.includes('every');

/** A batch keeps the event loop for `loop` ms an item, and then waits; a full one for `io` ms. */
async function take(way, index) {
  if (isReporting) process.send({ way, began: true });
  const done = (await redis.lpop(queueOf(way, index), limit))?.length ?? 0;
  const end = performance.now() + loop * done;
  while (performance.now() < end);
  if (done > 0) await sleep((io * done) / limit);
  if (isReporting) process.send({ way, done });
  return { done, limit };
}

class Films {
  async page() {
    return { id: 1, views: Number(await redis.incr('views')) };
  }
}
Controller('films')(Films);
decorate(Films, 'page', ...(isStealing ? [Get('1'), Enlist()] : [Get('1')]));

class App {}
const { providers, imports } = partsOf(config, take, redis);
const stealing = [
  WorkStealingModule.forRoot(),
  WorkStealingRedisModule.forRoot({ url, prefix, fleet: false }),
];
Module({ imports: isStealing ? [...stealing, ...imports] : imports, providers, controllers: [Films] })(App);

const app = await NestFactory.create(App, { logger: ['error', 'warn'] });
// A client that is seldom needed keeps its connection.
app.getHttpServer().keepAliveTimeout = 0;
await app.listen(0, '127.0.0.1');
/** Slices that the load gate held back. */
let loaded = 0;
if (isStealing) app.get(Recruiter).on('gated', ({ reason }) => (loaded += reason === 'loaded' ? 1 : 0));
process.on('message', () => process.send({ cpu: cpuTime(), loaded }));
// A benchmark that was interrupted leaves nothing behind.
process.on('disconnect', () => process.exit());
process.send({ port: app.getHttpServer().address().port });
