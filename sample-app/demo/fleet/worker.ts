import 'reflect-metadata';
import type { AddressInfo, Server } from 'node:net';
import { ConsoleLogger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../src/app.module.js';
import type { StopMessage, WorkerMessage } from './messages.js';
import { WorkerReporter } from './worker-reporter.js';

/** ms between reports to the supervisor. */
const REPORT_INTERVAL = 500;
/** ms that closing may take. */
const LONGEST_END = 25_000;

/**
 * One worker of the fleet: an ordinary Nest application. What is special is only that it reports to a supervisor,
 * ends when told, and ends when the supervisor is gone.
 */
async function main(): Promise<void> {
  const logger = new ConsoleLogger({
    prefix: `worker ${process.env['WORKER'] ?? 0}`,
    logLevels: ['warn', 'error', 'fatal'],
    colors: false,
  });
  const app = await NestFactory.create(AppModule, {
    logger,
    abortOnError: false,
    forceCloseConnections: true,
  });
  const reporter = new WorkerReporter(app);
  await app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1');

  const report = async () => tell({ kind: 'report', report: await reporter.report() });
  const reports = setInterval(() => void report(), REPORT_INTERVAL);
  const end = once(async () => {
    clearInterval(reports);
    await tell({ kind: 'report', report: await reporter.lastReport() });
    await app.close();
  });
  endWhenAsked(end);
  await tell({ kind: 'ready', port: portOf(app) });
}

function endWhenAsked(end: () => Promise<void>): void {
  const endAndExit = async () => {
    setTimeout(() => process.exit(1), LONGEST_END).unref();
    await end();
    process.exit();
  };
  process.once('SIGTERM', () => void endAndExit());
  process.on('message', (message: StopMessage) => message.kind === 'stop' && void endAndExit());
  // Without a supervisor there is nobody to serve for: no orphan keeps a port or a connection.
  process.once('disconnect', () => void endAndExit());
  // Ctrl-C reaches every process of the terminal; the supervisor decides in which order they end.
  if (process.connected) process.on('SIGINT', () => {});
}

/** Resolves when the message has left: a process that exits before takes it along. */
function tell(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

function portOf(app: INestApplication<Server>): number {
  return (app.getHttpServer().address() as AddressInfo).port;
}

function once(action: () => Promise<void>): () => Promise<void> {
  let run: Promise<void> | undefined;
  return () => (run ??= action());
}

main().catch((error: unknown) => {
  console.error(`worker ${process.env['WORKER'] ?? 0}:`, error instanceof Error ? error.message : error);
  process.exit(1);
});
