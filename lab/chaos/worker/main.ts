/** One worker of a fleet that suffers: the sample application with more chores, and orders from its parent. */
import './timers.js';
import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingCacheModule } from 'nestjs-work-stealing/cache';
import { FilmsModule } from '../../../sample-app/src/films/films.module.js';
import type { Order } from '../messages.js';
import { Exclusive, Fields, Letters, Members, Pass, Queue, QUEUE_ADDRESS, Sweep, Views } from './chores.js';
import { dieInMidSlice } from './mid-slice.js';
import { MadeUpIds } from './made-up-ids.js';
import { MisbehavingJobs } from './misbehaving-jobs.js';
import { PagesController } from './pages.controller.js';
import { ProbesController } from './probes.controller.js';
import { redisModule } from './redis.js';
import { Reporter } from './reporter.js';
import { SkewedClock } from './skewed-clock.js';
import { MetricsController, silent, telemetry } from './telemetry.js';
import { tell } from './tell.js';

const { QUEUE: queue = '', MISBEHAVE = '1', CONTROL = '0', WATCHED = '0' } = process.env;
const isWatched = WATCHED === '1';
const clock = new SkewedClock();
/** The declared ones of the sample leave no room for more. */
const SAMPLE_RATES = { expiry: 0.06, recompute: 0.1, pending: 0.03, 'roll-up': 0.04, 'search-keys': 0.05 };

@Module({
  imports: [
    WorkStealingModule.forRoot({
      clock,
      // What holds slices back when there is much to do is switched off: on a crowded machine nothing else would be seen.
      dutyCycle: 1,
      load: false,
      concurrency: 2,
      budget: 1000,
      idle: { interval: 10_000 },
      rates: SAMPLE_RATES,
    }),
    redisModule,
    WorkStealingCacheModule.forRoot(),
    FilmsModule,
    ...(isWatched ? telemetry : []),
  ],
  controllers: [PagesController, ProbesController, ...(isWatched ? [MetricsController] : [])],
  providers: [
    { provide: QUEUE_ADDRESS, useValue: queue },
    Fields,
    Members,
    Views,
    Pass,
    Queue,
    Letters,
    Sweep,
    Exclusive,
    Reporter,
    ...(MISBEHAVE === '1' ? [MisbehavingJobs] : []),
    ...(isWatched ? [MadeUpIds] : []),
  ],
})
class WorkerModule {}

/** The same pages in an application without the module: what they take is what slices may cost nothing on top of. */
@Module({ imports: [redisModule, FilmsModule], controllers: [PagesController] })
class ControlModule {}

const what = (reason: unknown) => (reason instanceof Error ? (reason.stack ?? '') : String(reason));
process.on('unhandledRejection', (reason) => tell({ kind: 'unhandled', what: what(reason) }));
process.on('uncaughtExceptionMonitor', (error) => tell({ kind: 'unhandled', what: what(error) }));
process.on('disconnect', () => process.exit(0));

const root: Type = CONTROL === '1' ? ControlModule : WorkerModule;
const app = await NestFactory.create<NestExpressApplication>(root, {
  logger: isWatched ? silent : false,
  forceCloseConnections: true,
});
process.on('message', (order: Order) => void obey(order));
// One that asks may be stalled for seconds: it would ask by a connection that was closed meanwhile for being idle.
app.getHttpServer().keepAliveTimeout = 0;
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as { port: number };
tell({ kind: 'ready', port });

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'clock':
      clock.offset = order.offset;
      break;
    case 'block': {
      const end = performance.now() + order.ms;
      while (performance.now() < end);
      break;
    }
    case 'die':
      await dieInMidSlice(app.get(Recruiter));
      break;
    case 'close':
      await app.close();
      process.disconnect();
  }
}
