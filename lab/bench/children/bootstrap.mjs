/** Times the bootstrap of an application with 1,000 providers, plain ones or jobs. */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Recruiter, StealableJob, WorkStealingModule } from 'nestjs-work-stealing';
import { cpuTime } from '../subjects/cpu-time.mjs';

const COUNT = 1000;
const areJobs = process.argv[2] === 'jobs';

const providers = Array.from({ length: COUNT }, (_, i) => {
  const Provider = {
    [`Provider${i}`]: class {
      recruited() {}
    },
  }[`Provider${i}`];
  Injectable()(Provider);
  if (areJobs) StealableJob(1 / (2 * COUNT))(Provider);
  return Provider;
});

class App {}
Module({ imports: areJobs ? [WorkStealingModule.forRoot()] : [], providers })(App);

const begun = cpuTime();
const app = await NestFactory.createApplicationContext(App, { logger: false });
const ms = cpuTime() - begun;
if (areJobs && app.get(Recruiter).jobs.length !== COUNT) throw new Error('Not all jobs were found');
await app.close();
console.log(JSON.stringify({ ms }));
