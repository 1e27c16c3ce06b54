import { Module } from '@nestjs/common';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { MetricsController } from './metrics.controller.js';

/** What this worker has counted, for Prometheus; docs/grafana and docs/prometheus have what to make of it. */
@Module({
  imports: [WorkStealingPrometheusModule.forRoot()],
  controllers: [MetricsController],
})
export class MetricsModule {}
