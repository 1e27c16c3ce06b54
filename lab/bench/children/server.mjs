/**
 * A Nest application with one route, bare or decorated; prints where it listens, and ends when its parent does.
 *
 *   node server.mjs express|fastify bare|decorated [cpu|io ms]     what a slice does, and for how long: cpu 5
 */
import 'reflect-metadata';
import { setTimeout as wait } from 'node:timers/promises';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Enlist, Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { cpuTime } from '../subjects/cpu-time.mjs';
import { decorate } from '../subjects/decorate.mjs';

const [platform, variant, kind = 'cpu', length = '5'] = process.argv.slice(2);
const isDecorated = variant === 'decorated';
const ms = Number(length);

/** A page as a cache has it: what a fast exit hands out. */
const page = {
  id: 1,
  title: 'A film',
  related: Array.from({ length: 20 }, (_, i) => ({ id: i, title: `Film ${i}` })),
};

class Films {
  async page() {
    return page;
  }
}
Controller('films')(Films);
decorate(Films, 'page', ...(isDecorated ? [Get('1'), Enlist()] : [Get('1')]));

class App {}
Module({ imports: isDecorated ? [WorkStealingModule.forRoot()] : [], controllers: [Films] })(App);

const works = {
  /** Keeps the event loop: the worst that a slice of that length does to the requests beside it. */
  cpu() {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
  /** Waits for somebody else, as a query does. */
  io: () => (ms === 0 ? undefined : wait(ms)),
};

/** A slice that leaves nothing waiting. */
const job = {
  async recruited() {
    await works[kind]();
    return { done: 5, limit: 10 };
  },
};

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(App, adapter, { logger: false });
await app.listen(0, '127.0.0.1');
const recruiter = isDecorated ? app.get(Recruiter) : undefined;
recruiter?.install(job, 'job', { rate: 0.003, budget: Math.max(50, 2 * ms) });

const { port } = app.getHttpServer().address();
process.on('message', () => {
  const slices = recruiter?.jobs[0].counts.partial ?? 0;
  process.send({ cpu: cpuTime(), enlistments: recruiter?.enlistments ?? 0, slices });
});
process.on('disconnect', () => process.exit());
process.send({ url: `http://127.0.0.1:${port}/films/1`, port });
