import { Module } from '@nestjs/common';
import { WorkStealingModule } from 'nestjs-work-stealing';
import { FilmsModule } from './films/films.module.js';
import { redisModule } from './redis.js';

@Module({
  imports: [
    // These are the defaults, written out to be read: `forRoot()` would do the same.
    WorkStealingModule.forRoot({
      budget: 50, // ms that one slice may take
      concurrency: 1, // slices at a time in this process
      dutyCycle: 0.05, // share of time that slices may take
      load: { low: 0.4, high: 0.8 }, // event-loop utilization from which slices are held back
      adaptive: true, // back off when there is nothing to do, drain when more is waiting
      idle: { interval: 120_000 }, // ms after which a job is looked at though nobody enlists
    }),
    redisModule,
    FilmsModule,
  ],
})
export class AppModule {}
