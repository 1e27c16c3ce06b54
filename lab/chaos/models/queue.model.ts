import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { QueueTracker } from 'nestjs-work-stealing/redis';
import { until, type Ground, type Model } from './model.js';

const IDS = 240;

/** The queue itself is here, and the workers ask for it over HTTP; the set in Redis has to follow. */
export class QueueModel implements Model {
  readonly name = 'QueueTracker';
  readonly #queued = new Set<string>();
  readonly #server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://queue');
    response.end(JSON.stringify(pathname === '/next' ? this.#next(searchParams) : this.#still(searchParams)));
  });
  readonly #tracker: QueueTracker;

  constructor(private readonly ground: Pick<Ground, 'connection' | 'random'>) {
    this.#tracker = new QueueTracker(ground.connection, 'queue', {
      nextQueued: () => ({ ids: [] }),
      stillQueued: (ids) => ids,
    });
  }

  /** @returns its address. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  step(): Promise<void> {
    const id = `id-${String(Math.floor(this.ground.random.next() * IDS)).padStart(4, '0')}`;
    if (this.ground.random.next() < 0.5) this.#queued.add(id);
    else this.#queued.delete(id);
    return Promise.resolve();
  }

  forget(): void {}
  distrust(): void {}
  trust(): void {}

  async settle(patience: number): Promise<void> {
    const all = Array.from({ length: IDS }, (_, index) => `id-${String(index).padStart(4, '0')}`);
    let wrong: string[] = [];
    await until(
      async () => {
        const tracked = await this.#tracker.areQueued(all);
        wrong = all.filter((id, index) => tracked[index] !== this.#queued.has(id));
        return wrong.length === 0;
      },
      patience,
      () =>
        `${wrong.length} of ${IDS} ids are not as in the queue, among them ${wrong.slice(0, 3).join(', ')}`,
    );
  }

  #next(query: URLSearchParams): unknown {
    const after = query.get('after') ?? '';
    const limit = Number(query.get('limit'));
    const ids = [...this.#queued]
      .filter((id) => id > after)
      .sort()
      .slice(0, limit);
    return { ids, next: ids.length < limit ? null : ids.at(-1) };
  }

  #still(query: URLSearchParams): unknown {
    return (query.get('ids') ?? '').split(',').filter((id) => this.#queued.has(id));
  }
}
