import { Injectable, Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { EnlistInterceptor, StealableJob, WorkStealingModule } from 'nestjs-work-stealing';
import { Chores } from '../work/chores.js';

@Injectable()
export class ChoreJobs {
  constructor(private readonly chores: Chores) {}

  @StealableJob(0.01)
  expire() {
    return this.chores.expire();
  }

  @StealableJob(0.015)
  fold() {
    return this.chores.fold();
  }

  @StealableJob(0.01)
  backfill() {
    return this.chores.backfill();
  }
}

@Module({
  imports: [WorkStealingModule.forRoot({ idle: { interval: 2000 } })],
  providers: [ChoreJobs, { provide: APP_INTERCEPTOR, useClass: EnlistInterceptor }],
})
export class WorkStealingWay {}
