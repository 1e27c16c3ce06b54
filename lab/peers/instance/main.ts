/** One instance: a Nest application on Express with a shop, the chores, and one way of doing them. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { WAYS, type WayName } from '../ways/index.js';
import { Chores } from '../work/chores.js';
import { Journal } from './journal.js';
import type { Order, Ready } from './messages.js';
import { countSentCommands } from './sent-commands.js';
import { FilmsController, Shop } from './shop.js';

countSentCommands();
const way = WAYS[process.argv[2] as WayName];
const redis = new Redis(process.env.REDIS_URL!);
const isVictim = async () => (await redis.set('victim', process.pid, 'NX')) === 'OK';
const journal = new Journal(await way.chores(redis), isVictim);

@Module({
  providers: [
    { provide: Redis, useValue: redis },
    { provide: Chores, useValue: journal },
  ],
  exports: [Redis, Chores],
})
class Foundation {}

@Module({
  imports: [{ module: Foundation, global: true }, await way.load()],
  controllers: [FilmsController],
  providers: [Shop],
})
class App {}

const app = await NestFactory.create(App, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');

const obey: Record<Order, () => unknown> = {
  open: () => journal.open(),
  doom: () => journal.doom(),
  pardon: () => journal.pardon(),
  figures: () => process.send!(journal.figures()),
  settle: async () => {
    await journal.settle();
    process.send!('settled');
  },
  finish: async () => {
    await journal.finish();
    process.send!('finished');
  },
  close: async () => {
    await app.close();
    process.exit();
  },
};
process.on('message', (order: Order) => void obey[order]());
process.on('disconnect', () => process.exit());
const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
process.send!({ port } satisfies Ready);
