import { describe, expect, it } from '@jest/globals';
import { addressesOf } from './addresses.js';
import { fleetStatus, workerStatus } from './fleet-status.fixture.js';

describe('addressesOf', () => {
  it('names the health check of the first worker that listens', () => {
    const status = fleetStatus({
      workers: [{ ...workerStatus({}), url: undefined }, workerStatus({ url: 'http://127.0.0.1:1' })],
    });
    expect(addressesOf(status)).toContain('Health: http://127.0.0.1:1/health');
  });

  it('names nothing where nobody listens', () => {
    expect(addressesOf(fleetStatus({ workers: [] }))).toEqual([]);
  });
});
