/** One worker of idle-pool.mjs: runs the module of the recipe and answers what its recruiter has done. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Recruiter } from 'nestjs-work-stealing';

const { WorkerModule } = await import(process.argv[2]);
const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
const recruiter = app.get(Recruiter);
let slices = 0;
let spent = 0;
recruiter.on('slice', ({ duration }) => {
  slices++;
  spent += duration;
});

process.on('message', (question) => {
  if (question === 'pause') recruiter.pause();
  if (question === 'resume') recruiter.resume();
  process.send({ slices, spent });
});
process.send('ready');
