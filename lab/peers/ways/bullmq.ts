import { BullModule, InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Module, type OnApplicationBootstrap } from '@nestjs/common';
import type { Job, Queue } from 'bullmq';
import { Chores, isFull } from '../work/chores.js';

@Injectable()
export class ChoreSchedulers implements OnApplicationBootstrap {
  constructor(@InjectQueue('chores') private readonly queue: Queue) {}

  async onApplicationBootstrap() {
    for (const name of ['expire', 'fold', 'backfill']) {
      await this.queue.upsertJobScheduler(name, { every: 1000 }, { name });
    }
  }
}

@Processor('chores', {
  concurrency: 3,
  lockDuration: 1000,
  stalledInterval: 1000,
  removeOnComplete: { count: 100 },
  removeOnFail: { count: 1000 },
})
export class ChoreProcessor extends WorkerHost {
  constructor(private readonly chores: Chores) {
    super();
  }

  async process(job: Job) {
    switch (job.name) {
      case 'expire':
        while (isFull(await this.chores.expire()));
        break;
      case 'fold':
        while (isFull(await this.chores.fold()));
        break;
      case 'backfill':
        while (isFull(await this.chores.backfill()));
        break;
    }
  }
}

@Module({
  imports: [
    BullModule.forRootAsync({ useFactory: () => ({ connection: { url: process.env.REDIS_URL! } }) }),
    BullModule.registerQueue({ name: 'chores' }),
  ],
  providers: [ChoreSchedulers, ChoreProcessor],
})
export class BullMqWay {}
