import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkStealingModule } from 'nestjs-work-stealing';
import { Sessions } from './sessions.js';

@Module({ imports: [WorkStealingModule.forRoot()], providers: [Sessions] })
class AppModule {}

/** s after which it ends by itself; otherwise at Ctrl-C. */
const duration = Number(process.env['SECONDS'] ?? Infinity);

const app = await NestFactory.createApplicationContext(AppModule);
app.enableShutdownHooks();
const sessions = app.get(Sessions);

for (let second = 1; second <= duration; second++) {
  // Five seconds with visitors, five without.
  const isQuiet = (second - 1) % 10 >= 5;
  for (let tick = 0; tick < 50; tick++) {
    for (let visit = 0; visit < 20 && !isQuiet; visit++)
      sessions.visit(`user ${Math.floor(Math.random() * 1000)}`);
    await sleep(20);
  }
  const expired = Object.entries(sessions.expired).map(([how, count]) => `${count} ${how}`);
  const visitors = isQuiet ? 'no visitors' : 'visitors';
  console.log(`${second} s, ${visitors}: ${sessions.size} sessions; expired: ${expired.join(', ')}`);
}
await app.close();
