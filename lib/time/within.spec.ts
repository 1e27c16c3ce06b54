import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { TimeoutError, within } from './within.js';

/** Keeps the event loop, as a long computation does. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Longer than a test may take, stalls of the machine included: it ends only if the wait is cut short. */
const HOUR = 3_600_000;
/** Room for stalls: ms. */
const SOON = 20_000;

const NEVER = new Promise<never>(() => undefined);

describe('within()', () => {
  it('settles as the promise does', async () => {
    await expect(within(Promise.resolve(1), 1000)).resolves.toBe(1);
    const error = new Error('no');
    await expect(within(Promise.reject(error), 1000)).rejects.toBe(error);
  });

  it('rejects when the time is over, never early', async () => {
    for (const ms of [0, 1, 12.7]) {
      const begun = performance.now();
      const error = await within(NEVER, ms, { message: 'too long' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as Error).message).toBe('too long');
      expect(performance.now() - begun).toBeGreaterThanOrEqual(ms);
    }
  });

  it('takes a result that had arrived when the event loop was too busy to see it', async () => {
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    // One that is yet to be accepted would be read a turn later, in which the extended time may be over.
    await Promise.all([accepted, once(socket, 'connect')]);
    for (const stall of [30, 300]) {
      const echo = within(once(socket, 'data'), 20);
      // After immediates come the timers, and only then the sockets.
      setImmediate(() => {
        socket.write('x');
        block(stall);
      });
      await expect(echo).resolves.toHaveLength(1);
    }
    socket.destroy();
    server.close();
  });

  it('ends although the event loop stalls again and again', async () => {
    // Counted, not timed: if the machine stalls too, that is one more stall at most.
    let stalls = 0;
    const stalling = setInterval(() => {
      block(15);
      stalls++;
    }, 1);
    await expect(within(NEVER, 50)).rejects.toThrow(TimeoutError);
    clearInterval(stalling);
    expect(stalls).toBeLessThan(20);
  });

  it('is cut short by a signal, whose reason is the cause', async () => {
    const controller = new AbortController();
    const reason = new Error('the budget is spent');
    setTimeout(() => controller.abort(reason), 10);
    const begun = performance.now();
    const error = await within(NEVER, HOUR, { signal: controller.signal }).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'TimeoutError', cause: reason });
    expect(performance.now() - begun).toBeLessThan(SOON);
  });

  it('waits for a while all the same when the signal is aborted already', async () => {
    const aborted = AbortSignal.abort();
    const soon = sleep(10).then(() => 'written');
    await expect(within(soon, HOUR, { signal: aborted, atLeast: 500 })).resolves.toBe('written');
    const begun = performance.now();
    await expect(within(NEVER, HOUR, { signal: aborted, atLeast: 20 })).rejects.toThrow(TimeoutError);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(20);
    expect(performance.now() - begun).toBeLessThan(SOON);
  });
});
