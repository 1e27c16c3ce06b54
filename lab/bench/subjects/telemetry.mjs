import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { subscribe } from 'node:diagnostics_channel';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { Registry } from 'prom-client';
import { Recruiter, WorkStealingModule } from 'nestjs-work-stealing';
import { WorkStealingOpenTelemetryModule } from 'nestjs-work-stealing/opentelemetry';
import { WorkStealingPrometheusModule } from 'nestjs-work-stealing/prometheus';
import { WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { WorkStealingStatsdModule } from 'nestjs-work-stealing/statsd';

/** The recruiter of an application with these modules; nothing holds a slice back. */
export async function recruiterBeside(modules) {
  const nothingInTheWay = { adaptive: false, load: false, idle: false, dutyCycle: 1 };
  class App {}
  Module({ imports: [WorkStealingModule.forRoot(nothingInTheWay), ...modules] })(App);
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  return { recruiter: app.get(Recruiter) };
}

/** The real SDK with spans and metrics, as a production process has it; what is exported goes nowhere. */
function openTelemetry() {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
  const nowhere = { export: (_spans, done) => done({ code: 0 }), shutdown: async () => undefined };
  return WorkStealingOpenTelemetryModule.forRoot({
    meterProvider: new MeterProvider({ readers: [reader] }),
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(nowhere)] }),
  });
}

/** In a registry of its own. */
function prometheus() {
  return WorkStealingPrometheusModule.forRoot({ registry: new Registry() });
}

/** One process of a fleet, at a Redis that a parent has started. */
function fleetView(url) {
  return WorkStealingRedisModule.forRoot({ url });
}

/** The modules that are named, joined by `+`; `diagnostics` needs none. */
export async function modulesOf(names, redis) {
  const on = names.split('+');
  const modules = [];
  if (on.includes('opentelemetry')) modules.push(openTelemetry());
  if (on.includes('statsd')) modules.push(await statsd());
  if (on.includes('prometheus')) modules.push(prometheus());
  if (on.includes('fleet')) modules.push(fleetView(redis));
  if (on.includes('diagnostics')) subscribeToSlices();
  return modules;
}

/** Sends by UDP to a socket of this process that nobody reads. */
async function statsd() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.unref();
  return WorkStealingStatsdModule.forRoot({ options: { host: '127.0.0.1', port: socket.address().port } });
}

/** Somebody who subscribes to all that happens in a slice. */
function subscribeToSlices() {
  const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
  for (const event of events) subscribe(`tracing:work-stealing:slice:${event}`, () => undefined);
}
