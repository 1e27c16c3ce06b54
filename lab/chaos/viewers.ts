import { connect, type Socket } from 'node:net';
import type { Worker } from './fleet.js';

const EVENTS = '/work-stealing/events';

/** Those who look at the dashboards of all workers: one reads what comes, one has fallen asleep, on each. */
export class Viewers {
  readonly #sockets = new Map<Worker, Socket[]>();

  /** Looks at new workers as well; call it now and then. */
  reach(workers: readonly Worker[]): void {
    for (const worker of workers) {
      if (!worker.isUp || this.#sockets.has(worker)) continue;
      this.#sockets.set(worker, [watch(worker.port).resume(), watch(worker.port).pause()]);
    }
  }

  stop(): void {
    for (const socket of [...this.#sockets.values()].flat()) socket.destroy();
  }
}

function watch(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`GET ${EVENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
  return socket;
}
