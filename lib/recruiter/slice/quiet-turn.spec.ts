import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import { ManualClock } from '../../testing/manual-clock.js';
import { MAX_WAIT_MS, QuietTurn } from './quiet-turn.js';
import { Recruiter } from '../recruiter.js';

const quietAfter = (quiet: QuietTurn) => new Promise<void>((resolve) => quiet.wait(resolve));

describe('QuietTurn', () => {
  it('waits until a turn of the event loop has taken up nothing', async () => {
    const counts = [5, 8, 9, 9];
    let reads = 0;
    await quietAfter(new QuietTurn(new ManualClock(), () => counts[reads++]));
    expect(reads).toBe(4);
  });

  it('waits no longer than it should where there is no quiet turn', async () => {
    const clock = new ManualClock();
    let events = 0;
    const quiet = new QuietTurn(clock, () => {
      clock.advance(1);
      return events++;
    });
    await quietAfter(quiet);
    expect(clock.now()).toBe(MAX_WAIT_MS);
  });

  it('does not wait where nobody counts events', () => {
    let called = false;
    new QuietTurn(new ManualClock(), () => undefined).wait(() => (called = true));
    expect(called).toBe(true);
  });
});

/** Opens connections to the port, and writes on all of them at once when told to. */
const CLIENT = `
  const { workerData } = require('node:worker_threads');
  const { connect } = require('node:net');
  const { once } = require('node:events');
  const signals = new Int32Array(workerData.state);
  const sockets = Array.from({ length: workerData.clients }, () => connect(workerData.port, '127.0.0.1'));
  const [first, ...others] = sockets;
  const send = () => {
    first.write('first', () => {
      Atomics.wait(signals, 0, 0);
      let left = others.length;
      const written = () => --left === 0 && Atomics.store(signals, 1, 1) && Atomics.notify(signals, 1);
      for (const socket of others) socket.write('later', written);
    });
  };
  Promise.all(sockets.map((socket) => once(socket, 'connect'))).then(send);
`;

describe('A recruiter whose event loop is busy', () => {
  it('lets the requests go first that wait in the kernel when a slice is drawn', async () => {
    const clients = 10;
    const state = new SharedArrayBuffer(8);
    const signals = new Int32Array(state);
    const order: string[] = [];
    const recruiter = new Recruiter(
      'test',
      // By this clock it never has waited long enough, however the machine stalls between two turns.
      { load: { low: 0.4, high: 1 }, idle: false, clock: new ManualClock() },
      { utilization: 0.5 },
    );
    recruiter.install({ recruited: () => undefined }, 'job', 1);
    const sliceIsOver = new Promise<void>((resolve) => {
      recruiter.on('slice', () => {
        order.push('slice');
        resolve();
      });
    });
    recruiter.open();
    const server = createServer((socket) =>
      socket.on('data', (data) => {
        order.push(String(data));
        if (String(data) !== 'first') return;
        // While this request is handled the others arrive; that is known, not hoped.
        Atomics.store(signals, 0, 1);
        Atomics.notify(signals, 0);
        Atomics.wait(signals, 1, 0, 10_000);
        // The gate lets five in six pass at this load.
        while (recruiter.inFlight === 0) recruiter.enlistDetached();
      }),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const worker = new Worker(CLIENT, { eval: true, workerData: { port, clients, state } });
    await sliceIsOver;
    expect(order).toEqual(['first', ...Array.from({ length: clients - 1 }, () => 'later'), 'slice']);
    await recruiter.close();
    await worker.terminate();
    await new Promise((resolve) => server.close(resolve));
  }, 30_000);
});
