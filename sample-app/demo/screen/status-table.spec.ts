import { describe, expect, it } from '@jest/globals';
import { fleetStatus, job, workerStatus } from '../fleet/fleet-status.fixture.js';
import { statusLine } from './status-line.js';
import { statusTable } from './status-table.js';
import { totalOf } from '../fleet/status.js';

describe('statusTable', () => {
  it('shows each worker and the fleet, each job by worker and outcome, the backfill and the oldest overdue field', () => {
    expect(statusTable(fleetStatus())).toEqual([
      'media directory · 20.0 s · Redis on port 6399 · 14:00, traffic x 1.05',
      '',
      'worker   pid  address                 requests/s  hit ratio  enlisted  reaped  p50 ms  p99 ms  failed  restarts',
      '1       4711  http://127.0.0.1:40001          75       60 %       900     812     2.0     3.0       0         0',
      '2       4712  http://127.0.0.1:40002          25       20 %       100      88     4.0    50.0       2         1',
      'fleet                                        100       50 %     1,000     900     3.0    50.0       2         1',
      '',
      'job      worker  rate  level  recruited  full  partial  idle  aborted  failed  gated  items  gated by',
      'expiry   1        0.1      0         23     3       20     2        0       0      7    812  backed-off 5, busy 2',
      'expiry   2        0.1      0         23     3       20     2        0       0      7     88  backed-off 5, busy 2',
      'expiry   fleet                       46     6       40     4        0       0     14    900  backed-off 10, busy 4',
      'roll-up  1       0.05      2          9     0        9     0        0       0      0    400',
      'roll-up  2       0.05      2          9     0        9     0        0       0      0    400',
      'roll-up  fleet                       18     0       18     0        0       0      0    800',
      '',
      'search keys [####################--------------------] 1,650 of 3,201 films · 51 % · 5 s to go',
      'oldest overdue field: 0.7 s',
    ]);
  });

  it('shows a worker that is being started, and a dash for what is not known yet', () => {
    const workers = [workerStatus({ pid: undefined, url: undefined })];
    const lines = statusTable(fleetStatus({ traffic: undefined, workers, total: totalOf(workers) }));
    expect(lines[0]).toContain('no traffic replay');
    expect(lines[3]).toMatch(/^1 +starting +0 +- +0 +0 +- +- +0 +0$/);
    expect(lines.at(-1)).toBe('oldest overdue field: none');
  });

  it('shows a dash for the level of a job that is never drawn', () => {
    const workers = [workerStatus({ jobs: [job({ rate: 0, effectiveRate: 0 })] })];
    const lines = statusTable(fleetStatus({ workers, total: totalOf(workers) }));
    expect(lines.find((line) => /^expiry +1 /.test(line))).toMatch(/^expiry +1 +0 +- /);
  });

  it('says so when Redis does not tell the oldest overdue field', () => {
    const workers = [workerStatus({ oldestOverdue: null })];
    const lines = statusTable(fleetStatus({ workers, total: totalOf(workers) }));
    expect(lines.at(-1)).toBe('oldest overdue field: unknown: Redis does not answer');
  });
});

describe('statusLine', () => {
  it('says the same in one line', () => {
    expect(statusLine(fleetStatus())).toBe(
      '20.0 s · 100 requests/s · hit ratio 50 % · enlisted 1,000 · recruited expiry 46, roll-up 18 · ' +
        'reaped 812 + 88 · oldest overdue 0.7 s · p50 3.0 ms · p99 50.0 ms',
    );
  });
});
