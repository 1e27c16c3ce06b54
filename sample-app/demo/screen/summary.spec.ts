import { describe, expect, it } from '@jest/globals';
import { fleetStatus, workerStatus } from '../fleet/fleet-status.fixture.js';
import { totalOf } from '../fleet/status.js';
import { summaryOf } from './summary.js';

describe('summaryOf', () => {
  const summary = summaryOf(fleetStatus());

  it('tells what the fleet came to, times in ms', () => {
    expect(summary).toMatchObject({
      elapsed: 20_000,
      requests: 2000,
      requestsPerSecond: 100,
      failedRequests: 2,
      hitRatio: 0.5,
      enlisted: 1000,
      reaped: 900,
      restarts: 1,
      oldestOverdue: 700,
    });
    expect(summary.p50).toBeCloseTo(3, 1);
    expect(summary.p99).toBeCloseTo(50, 0);
  });

  it('tells the same of each worker', () => {
    expect(summary.workers.map(({ worker, requests, reaped }) => [worker, requests, reaped])).toEqual([
      [1, 1500, 812],
      [2, 500, 88],
    ]);
  });

  it('tells what came of the slices of each job', () => {
    expect(summary.workers[0]!.jobs['expiry']).toEqual({
      rate: 0.1,
      recruited: 23,
      outcomes: { full: 3, partial: 20, idle: 2, aborted: 0, failed: 0, gated: 7 },
      gatedBy: { busy: 2, 'backed-off': 5 },
      items: 812,
    });
    expect(summary.jobs['roll-up']).toMatchObject({ recruited: 18, items: 800 });
  });

  it('tells how far each worker has backed off, and what held slices back in the fleet', () => {
    expect(summary.workers.map(({ levels }) => levels)).toEqual([
      { expiry: 0, 'roll-up': 2 },
      { expiry: 0, 'roll-up': 2 },
    ]);
    expect(summary.workers[0]!.sliceTimes).toEqual({ expiry: 1.5, 'roll-up': null });
    expect(summary.jobs['expiry']!.gatedBy).toEqual({ busy: 4, 'backed-off': 10 });
    expect(summary.jobs['roll-up']!.gatedBy).toEqual({});
  });

  it('survives JSON when nothing has happened', () => {
    const workers = [workerStatus({ oldestOverdue: null })];
    const empty = summaryOf(fleetStatus({ elapsed: 0, workers, total: totalOf(workers) }));
    expect(JSON.parse(JSON.stringify(empty))).toEqual(empty);
    expect(empty).toMatchObject({ requestsPerSecond: 0, hitRatio: null, p50: null, oldestOverdue: null });
  });
});
