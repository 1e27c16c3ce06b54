import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { WorkStealingHealthIndicator } from 'nestjs-work-stealing/terminus';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly workStealing: WorkStealingHealthIndicator,
  ) {}

  /** `GET /health`: 200 while it serves, 503 from the moment when it closes; which jobs are unwell is in the details. */
  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.workStealing.isHealthy('work-stealing')]);
  }
}
