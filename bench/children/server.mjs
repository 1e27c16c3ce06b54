/** A Nest application with one route, bare or decorated; prints where it listens, and ends when its parent does. */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Enlist, Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { cpuTime } from '../subjects/cpu-time.mjs';
import { decorate } from '../subjects/decorate.mjs';

const [platform, variant] = process.argv.slice(2);
const isDecorated = variant === 'decorated';

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

/** A slice that computes for 5 ms, the worst that a well-behaved one does to the requests beside it, and leaves nothing waiting. */
const busyJob = {
  recruited() {
    const end = performance.now() + 5;
    while (performance.now() < end);
    return { done: 5, limit: 10 };
  },
};

const adapter = platform === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(App, adapter, { logger: false });
await app.listen(0, '127.0.0.1');
const recruiter = isDecorated ? app.get(Recruiter) : undefined;
recruiter?.install(busyJob, 'busy', 0.003);

const { port } = app.getHttpServer().address();
process.on('message', () => {
  process.send({ cpu: cpuTime(), enlistments: recruiter?.enlistments ?? 0 });
});
process.on('disconnect', () => process.exit());
process.send({ url: `http://127.0.0.1:${port}/films/1` });
