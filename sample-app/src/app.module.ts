import { Module } from '@nestjs/common';
import { WorkStealingModule } from 'nestjs-work-stealing';
import { dashboardModule } from './dashboard.js';
import { FilmsModule } from './films/films.module.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { redisModule } from './redis.js';

@Module({
  imports: [
    // These are the defaults, written out to be read; only rates may be set from outside: RATES='{"expiry":0.1}'.
    WorkStealingModule.forRoot({
      budget: 50, // ms that one slice may take
      concurrency: 1, // slices at a time in this process
      dutyCycle: 0.05, // share of time that slices may take
      load: { low: 0.4, high: 0.8 }, // event-loop utilization from which slices are held back
      adaptive: true, // back off when there is nothing to do, drain when more is waiting
      idle: { interval: 120_000 }, // ms after which a job is looked at though nobody enlists
      rates: JSON.parse(process.env['RATES'] ?? '{}') as Record<string, number>, // over the declared ones
    }),
    redisModule,
    FilmsModule,
    HealthModule,
    MetricsModule,
    dashboardModule,
  ],
})
export class AppModule {}
