/**
 * What the view of the fleet costs one process, alone and with Redis: `fleet.jobs()` and the dashboard's state by the
 * number of jobs, and changes that are asked for at once. `npm run bench:fleet`.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { FleetService } from 'nestjs-work-stealing/fleet';
import { WorkStealingDashboardModule } from 'nestjs-work-stealing/dashboard';
import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { startRedis } from '../../scripts/redis/index.mjs';

const JOBS = [100, 1000, 4000, 10_000];
const CHANGES = [30, 300, 3000];
const READS = 3;

/** CPU time of this process, and time by the clock: ms. The best of some reads. */
async function measured(run, times = READS) {
  let best = { cpu: Infinity, wall: Infinity };
  for (let turn = 0; turn < times; turn++) {
    const [cpu, wall] = [process.cpuUsage(), performance.now()];
    await run();
    const { user, system } = process.cpuUsage(cpu);
    const took = { cpu: (user + system) / 1000, wall: performance.now() - wall };
    if (took.cpu < best.cpu) best = took;
  }
  return `${best.cpu.toFixed(1)} ms of CPU, ${best.wall.toFixed(1)} ms in all`;
}

async function application(imports) {
  class App {}
  Module({
    imports: [
      WorkStealingModule.forRoot({ load: false, idle: false }),
      WorkStealingDashboardModule.forRoot({ authorize: () => true }),
      ...imports,
    ],
  })(App);
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

const redis = await startRedis();
for (const where of ['alone', 'with Redis']) {
  const imports =
    where === 'alone' ? [] : [WorkStealingRedisModule.forRoot({ url: redis.url, fleet: { interval: 1000 } })];
  for (const jobs of JOBS) {
    const app = await application(imports);
    const recruiter = app.get(Recruiter);
    for (let job = 0; job < jobs; job++) recruiter.install({ recruited() {} }, `job ${job}`, 0.5 / jobs);
    const fleet = app.get(FleetService);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    console.log(`${where}, ${jobs} jobs: fleet.jobs() ${await measured(() => fleet.jobs())}`);
    const url = `${await app.getUrl()}/work-stealing/state`;
    console.log(`${where}, ${jobs} jobs: state ${await measured(async () => (await fetch(url)).text())}`);
    await app.close();
  }
  for (const changes of CHANGES) {
    const app = await application(imports);
    app.get(Recruiter).install({ recruited() {} }, 'job', 0.1);
    const fleet = app.get(FleetService);
    const ask = () =>
      Promise.all(
        Array.from({ length: changes }, (_, turn) => fleet.setRate({ id: 'job' }, turn / 10_000, 'ann')),
      );
    console.log(`${where}, ${changes} changes at once: ${await measured(ask, 1)}`);
    await app.close();
  }
}
await redis.stop();
