import { createSocket } from 'node:dgram';
import { register } from 'prom-client';
import { Controller, Get, type DynamicModule, type LoggerService } from '@nestjs/common';
import { WorkStealingDashboardModule } from 'nestjs-work-stealing/dashboard';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { WorkStealingStatsdModule } from 'nestjs-work-stealing/statsd';

/** Takes what StatsD is sent, and forgets it. */
const statsd = createSocket('udp4');
await new Promise<void>((resolve) => void statsd.bind(0, '127.0.0.1', resolve));
statsd.unref();

/** All that looks at a worker: the dashboard, Prometheus and StatsD. */
export const telemetry: readonly DynamicModule[] = [
  WorkStealingDashboardModule.forRoot({ authorize: () => true }),
  WorkStealingPrometheusModule.forRoot(),
  WorkStealingStatsdModule.forRoot({ options: { host: '127.0.0.1', port: statsd.address().port } }),
];

@Controller('metrics')
export class MetricsController {
  @Get()
  read(): Promise<string> {
    return register.metrics();
  }
}

/** Everything is logged, and nobody reads it. */
export const silent: LoggerService = { log() {}, warn() {}, error() {}, debug() {}, verbose() {} };
