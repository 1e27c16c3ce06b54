/** One worker of a fleet that suffers: serves pages, does chores, and takes orders from its parent. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WorkStealingModule } from '../../lib/index.js';
import { WorkStealingRedisModule } from '../../lib/redis/index.js';
import type { Order } from '../messages.js';
import { Fields, Pass, Queue, QUEUE_ADDRESS, Views } from './chores.js';
import { MisbehavingJobs } from './misbehaving-jobs.js';
import { PagesController } from './pages.controller.js';
import { Reporter, tell } from './reporter.js';
import { SkewedClock } from './skewed-clock.js';

const { REDIS_URL: url = '', QUEUE: queue = '', MISBEHAVE = '1' } = process.env;
const clock = new SkewedClock();

@Module({
  imports: [
    WorkStealingModule.forRoot({ clock, dutyCycle: 0.2, idle: { interval: 10_000 } }),
    WorkStealingRedisModule.forRoot({ url, prefix: 'chaos' }),
  ],
  controllers: [PagesController],
  providers: [
    { provide: QUEUE_ADDRESS, useValue: queue },
    Fields,
    Views,
    Pass,
    Queue,
    Reporter,
    ...(MISBEHAVE === '1' ? [MisbehavingJobs] : []),
  ],
})
class WorkerModule {}

process.on('unhandledRejection', (reason) => tell({ kind: 'unhandled', what: String(reason) }));
process.on('uncaughtExceptionMonitor', (error) => tell({ kind: 'unhandled', what: String(error) }));
process.on('disconnect', () => process.exit(0));

const app = await NestFactory.create<NestExpressApplication>(WorkerModule, { logger: false });
process.on('message', (order: Order) => void obey(order));
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as { port: number };
tell({ kind: 'ready', port });

async function obey(order: Order): Promise<void> {
  if (order.kind === 'clock') clock.offset = order.offset;
  if (order.kind === 'block') {
    const end = performance.now() + order.ms;
    while (performance.now() < end);
  }
  if (order.kind === 'close') {
    await app.close();
    process.disconnect();
  }
}
