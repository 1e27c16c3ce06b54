import { randomUUID } from 'node:crypto';
import { Injectable, Module } from '@nestjs/common';
import { Cron, CronExpression, ScheduleModule } from '@nestjs/schedule';
import { Redis } from 'ioredis';
import { Chores, isFull, type Batch } from '../work/chores.js';

@Injectable()
export class LockedSchedules {
  private readonly holder = randomUUID();

  constructor(
    private readonly chores: Chores,
    private readonly redis: Redis,
  ) {}

  @Cron(CronExpression.EVERY_SECOND, { waitForCompletion: true })
  async expire() {
    await this.once('expire', () => this.chores.expire());
  }

  @Cron(CronExpression.EVERY_SECOND, { waitForCompletion: true })
  async fold() {
    await this.once('fold', () => this.chores.fold());
  }

  @Cron(CronExpression.EVERY_SECOND, { waitForCompletion: true })
  async backfill() {
    await this.once('backfill', () => this.chores.backfill());
  }

  // The lock is left to expire shortly before the next tick: clocks that differ do not make a second run.
  private async once(name: string, batch: () => Promise<Batch>) {
    const isHeld = await this.redis.set(`lock:${name}`, this.holder, 'PX', 900, 'NX');
    if (isHeld !== 'OK') return;
    while (isFull(await batch()));
  }
}

@Module({ imports: [ScheduleModule.forRoot()], providers: [LockedSchedules] })
export class CronWithLockWay {}
