import { OUTCOMES, type Outcome } from 'nestjs-work-stealing';
import { Latencies } from './latencies.js';
import type { JobReport, WorkerReport } from './messages.js';
import { totalOf, type FleetStatus, type WorkerStatus } from './status.js';

/** Counts by outcome, 0 where not given. */
export function counts(some: Partial<Record<Outcome, number>>): Record<Outcome, number> {
  return {
    ...(Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>),
    ...some,
  };
}

export function job(some: Partial<JobReport> = {}): JobReport {
  return {
    id: 'expiry',
    rate: 0.1,
    effectiveRate: 0.1,
    counts: counts({}),
    gatedBy: {},
    items: 0,
    sliceTime: null,
    ...some,
  };
}

export function report(some: Partial<WorkerReport> = {}): WorkerReport {
  return {
    requests: 0,
    hits: 0,
    misses: 0,
    enlistments: 0,
    jobs: [],
    oldestOverdue: 0,
    searchKeys: null,
    ...some,
  };
}

export function workerStatus(some: Partial<WorkerStatus> & { durations?: number[] } = {}): WorkerStatus {
  const { durations = [], ...rest } = some;
  const latencies = new Latencies();
  for (const duration of durations) latencies.record(duration);
  return {
    ...report(),
    ...latencies.percentiles,
    worker: 1,
    pid: 4711,
    url: 'http://127.0.0.1:40001',
    latencies,
    requestsPerSecond: 0,
    failedRequests: 0,
    restarts: 0,
    ...rest,
  };
}

/** Two workers after 20 s, the second of them restarted once. */
export function fleetStatus(some: Partial<FleetStatus> = {}): FleetStatus {
  const expiry = job({
    counts: counts({ full: 3, partial: 20, idle: 2, gated: 7 }),
    gatedBy: { busy: 2, 'backed-off': 5 },
    items: 812,
    sliceTime: 1.5,
  });
  const rollUp = job({
    id: 'roll-up',
    rate: 0.05,
    effectiveRate: 0.0125,
    counts: counts({ partial: 9 }),
    items: 400,
  });
  const first = workerStatus({
    requests: 1500,
    hits: 900,
    misses: 600,
    enlistments: 900,
    requestsPerSecond: 75.4,
    jobs: [expiry, rollUp],
    oldestOverdue: 400,
    searchKeys: { done: 1500, total: 3201, eta: 4600, ended: false },
    durations: [1, 2, 3],
  });
  const second = workerStatus({
    worker: 2,
    pid: 4712,
    url: 'http://127.0.0.1:40002',
    requests: 500,
    hits: 100,
    misses: 400,
    enlistments: 100,
    requestsPerSecond: 24.6,
    failedRequests: 2,
    restarts: 1,
    jobs: [{ ...expiry, items: 88 }, rollUp],
    oldestOverdue: 700,
    searchKeys: { done: 1650, total: 3201, eta: 4100, ended: false },
    durations: [4, 50],
  });
  const workers = [first, second];
  return {
    elapsed: 20_000,
    redis: 'on port 6399',
    traffic: '14:00, traffic x 1.05',
    workers,
    total: totalOf(workers),
    ...some,
  };
}
