import { Injectable, Module } from '@nestjs/common';
import { Cron, CronExpression, ScheduleModule } from '@nestjs/schedule';
import { Chores, isFull } from '../work/chores.js';

@Injectable()
export class ChoreSchedules {
  constructor(private readonly chores: Chores) {}

  @Cron(CronExpression.EVERY_SECOND, { waitForCompletion: true })
  async expire() {
    while (isFull(await this.chores.expire()));
  }

  @Cron(CronExpression.EVERY_SECOND, { waitForCompletion: true })
  async fold() {
    while (isFull(await this.chores.fold()));
  }

  @Cron(CronExpression.EVERY_SECOND, { waitForCompletion: true })
  async backfill() {
    while (isFull(await this.chores.backfill()));
  }
}

@Module({ imports: [ScheduleModule.forRoot()], providers: [ChoreSchedules] })
export class CronWay {}
