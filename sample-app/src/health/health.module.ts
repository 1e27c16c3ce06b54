import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { WorkStealingTerminusModule } from 'nestjs-work-stealing/terminus';
import { HealthController } from './health.controller.js';

/** Whether this worker is well, for those who look after it. */
@Module({
  imports: [TerminusModule, WorkStealingTerminusModule],
  controllers: [HealthController],
})
export class HealthModule {}
