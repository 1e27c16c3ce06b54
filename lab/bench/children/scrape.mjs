/** Times what a registry takes to be written out, with so many jobs that have all worked, failed and been held back: ms of CPU time. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Registry } from 'prom-client';
import { Duty, Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { median } from '../../measure/paired.mjs';
import { cpuTime } from '../subjects/cpu-time.mjs';

const [jobs, scrapes] = process.argv.slice(2).map(Number);
const registry = new Registry();
class App {}
Module({
  imports: [
    WorkStealingModule.forRoot({ adaptive: false, load: false, idle: false, dutyCycle: 1 }),
    WorkStealingPrometheusModule.forRoot({ registry }),
  ],
})(App);
const app = await NestFactory.createApplicationContext(App, { logger: false });
const recruiter = app.get(Recruiter);

const RESULTS = [
  { done: 5, limit: 5 },
  { done: 2, limit: 5 },
  Duty.DISMISSED,
  Promise.reject(new Error('broken')),
];
RESULTS[3].catch(() => {});
for (let index = 0; index < jobs; index++) {
  const id = `CatalogueService.refreshPart${index}`;
  let turn = 0;
  const job = { recruited: () => RESULTS[turn++ % RESULTS.length], backlog: () => index };
  recruiter.install(job, id, { rate: 1 / (2 * jobs), expectWorkWithin: 60_000 });
  for (let slice = 0; slice < 8; slice++) await recruiter.recruit(id);
  recruiter.pause(id);
  await recruiter.recruit(id);
  recruiter.resume(id);
}

const took = [];
let text = '';
for (let scrape = 0; scrape < scrapes; scrape++) {
  const begun = cpuTime();
  text = await registry.metrics();
  took.push(cpuTime() - begun);
  // Between two real ones much else happens.
  await new Promise((resolve) => void setTimeout(resolve, 20));
}
const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
console.log(JSON.stringify({ milliseconds: median(took), first: took[0], series, bytes: text.length }));
process.exit();
