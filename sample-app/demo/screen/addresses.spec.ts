import { describe, expect, it } from '@jest/globals';
import { addressesOf } from './addresses.js';
import { fleetStatus, workerStatus } from '../fleet/fleet-status.fixture.js';

describe('addressesOf', () => {
  it('names the pages of the first worker that listens', () => {
    const status = fleetStatus({
      workers: [{ ...workerStatus({}), url: undefined }, workerStatus({ url: 'http://127.0.0.1:1' })],
    });
    expect(addressesOf(status)).toEqual([
      'Dashboard: http://127.0.0.1:1/work-stealing',
      'Metrics: http://127.0.0.1:1/metrics',
      'Health: http://127.0.0.1:1/health',
    ]);
  });

  it('names nothing where nobody listens', () => {
    expect(addressesOf(fleetStatus({ workers: [] }))).toEqual([]);
  });
});
