import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkStealingModule } from 'nestjs-work-stealing';
import { Sessions } from './sessions.js';

@Module({ imports: [WorkStealingModule.forRoot()], providers: [Sessions] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule);
const sessions = app.get(Sessions);

let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true));

for (let second = 1; !stopped; second++) {
  // Five seconds with visitors, five without.
  const isQuiet = (second - 1) % 10 >= 5;
  for (let tick = 0; tick < 50 && !stopped; tick++) {
    for (let visit = 0; visit < 20 && !isQuiet; visit++)
      sessions.visit(`user ${Math.floor(Math.random() * 1000)}`);
    await sleep(20);
  }
  const expired = Object.entries(sessions.expired).map(([how, count]) => `${count} ${how}`);
  const visitors = isQuiet ? 'no visitors' : 'visitors';
  console.log(`${second} s, ${visitors}: ${sessions.size} sessions; expired: ${expired.join(', ')}`);
}
// The slice that runs ends first.
await app.close();
