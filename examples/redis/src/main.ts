import 'reflect-metadata';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingRedis, WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { EmailIndex } from './email-index.js';
import { Tokens } from './tokens.js';

@Module({
  imports: [
    WorkStealingModule.forRoot(),
    WorkStealingRedisModule.forRoot({
      url: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
      prefix: 'example',
    }),
  ],
  providers: [EmailIndex, Tokens],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule);
// The client for jobs fails fast: commands are refused until it has connected.
const { client } = app.get(WorkStealingRedis);
if (client.status !== 'ready') await once(client, 'ready');
const tokens = app.get(Tokens);
const backfill = app.get(EmailIndex);

let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true));

for (let second = 1; !stopped; second++) {
  // What would be requests.
  for (let request = 0; request < 50 && !stopped; request++) {
    await tokens.isValid(await tokens.issue());
    await sleep(20);
  }
  const { done, ended } = await backfill.progress();
  const indexed = `${done} users indexed${ended ? ', done' : ''}`;
  console.log(`${second} s: ${indexed}; ${tokens.expired} tokens expired in ${tokens.passes} passes`);
}
// After the last request: its jobs end their slices, and the client for them is closed.
await app.close();
