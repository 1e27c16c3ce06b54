/** One process of a fleet that shows its dashboard. It says on one line where it listens, and answers with the rates of its own recruiter. */
import 'reflect-metadata';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [lib, url] = process.argv.slice(2);
const { Recruiter, StealableJob, WorkStealingModule } = await import(join(lib, 'index.js'));
const { createFailFastRedis, WorkStealingRedisModule } = await import(join(lib, 'redis/index.js'));
const { WorkStealingDashboardModule } = await import(join(lib, 'dashboard/index.js'));

class Fold {
  recruited() {
    return { done: 3, limit: 5 };
  }
}
StealableJob({ id: 'fold', rate: 0.25 })(Fold);

// Longer than by default: a machine that runs tests is slow now and then.
const factory = () => createFailFastRedis(url, { commandTimeout: 5000 });

class App {}
Module({
  imports: [
    WorkStealingModule.forRoot({ adaptive: false, load: false, idle: false, dutyCycle: 1 }),
    WorkStealingRedisModule.forRoot({ factory, fleet: { interval: 250 } }),
    WorkStealingDashboardModule.forRoot({
      authorize: () => true,
      authorizeWrite: () => 'ann',
      interval: 250,
    }),
  ],
  providers: [Fold],
})(App);

const app = await NestFactory.create(App, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
const own = createServer((_, response) => {
  const jobs = app.get(Recruiter).jobs.map(({ rate, paused, counts }) => ({ rate, paused, counts }));
  response.end(JSON.stringify(jobs));
}).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ dashboard: app.getHttpServer().address().port, own: own.address().port }));
});
