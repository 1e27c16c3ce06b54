/** One process that Prometheus scrapes: @willsoto/nestjs-prometheus shows it, and ours beside. It tells its port. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const { PrometheusModule } = createRequire(import.meta.url)('@willsoto/nestjs-prometheus');
const [lib] = process.argv.slice(2);
const { Duty, getRecruiterToken, WorkStealingModule } = await import(join(lib, 'index.js'));
const { WorkStealingPrometheusModule } = await import(join(lib, 'prometheus/index.js'));

let backlog = 100;
const jobs = {
  // Works, and falls behind.
  behind: { recruited: () => ({ done: 5, limit: 5 }), backlog: () => (backlog += 50) },
  done: { recruited: () => Duty.DISMISSED },
  failing: { recruited: () => Promise.reject(new Error('broken')) },
};

class App {}
Module({
  imports: [
    WorkStealingModule.forRoot({ load: false, idle: false }),
    PrometheusModule.register({ defaultLabels: { service: 'shop' } }),
    WorkStealingPrometheusModule.forRoot(),
  ],
})(App);

const app = await NestFactory.create(App, { logger: false, forceCloseConnections: true });
await app.listen(0, '127.0.0.1');
const recruiter = app.get(getRecruiterToken());
for (const [id, job] of Object.entries(jobs))
  recruiter.install(job, id, { rate: 0.3, expectWorkWithin: 2000, adaptive: id === 'done' });
recruiter.install({ recruited: () => ({ done: 1 }) }, 'purge', { every: { ms: 1000, scope: 'process' } });
setInterval(() => recruiter.enlistDetached(), 5);
process.send(app.getHttpServer().address().port);
process.once('disconnect', () => process.exit());
