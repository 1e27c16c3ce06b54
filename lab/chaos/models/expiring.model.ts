import { VolatileHashes, VolatileSet } from 'nestjs-work-stealing/redis';
import { keysOf } from '../stores/store.js';
import { Doubting, until, Violation, type Ground, type Model } from './model.js';

/** Places that are written to, by number. */
const PLACES = 300;
/** Fields of one hash. */
const FIELDS = 50;
/** Times to live that are drawn: ms. */
const TTL = { least: 200, most: 5000 };

/** A structure whose entries expire, as a model writes and reads it. */
export interface Expiring {
  readonly name: string;
  /** Path at a worker where an entry is read. */
  path(place: number): string;
  write(place: number, value: string, ttl: number): Promise<unknown>;
  read(place: number): Promise<string | null>;
  /** How long the oldest overdue entry has been waiting: ms. */
  overdue(): Promise<number>;
  /** What its keys look like. */
  readonly pattern: string;
}

export function expiringFields({ connection }: Ground): Expiring {
  const hashes = new VolatileHashes(connection, 'fields');
  const parts = (place: number) => [`hash-${Math.floor(place / FIELDS)}`, `field-${place % FIELDS}`] as const;
  return {
    name: 'VolatileHashes',
    pattern: 'chaos:{fields:*',
    path: (place) => `/fields/${parts(place).join('/')}`,
    write: (place, value, ttl) => hashes.set(...parts(place), value, { ttl }),
    read: (place) => hashes.get(...parts(place)),
    overdue: () => hashes.oldestOverdue(),
  };
}

/** Members have no value: one that is there reads as what was written. */
export function expiringMembers({ connection }: Ground): Expiring {
  const members = new VolatileSet(connection, 'members');
  return {
    name: 'VolatileSet',
    pattern: 'chaos:{members:*',
    path: (place) => `/members/member-${place}`,
    write: (place, _, ttl) => members.add(`member-${place}`, { ttl }),
    read: async (place) => ((await members.has(`member-${place}`)) ? '' : null),
    overdue: () => members.oldestOverdue(),
  };
}

interface Known {
  readonly value: string;
  readonly writtenAt: number;
  /** By the clock of this machine, which is that of the server: the earliest and the latest that it may be. */
  readonly expires: { readonly from: number; readonly to: number };
}

/** No entry is served past its time, be it to a worker whose clock is wrong, and none is lost before. */
export class ExpiringModel extends Doubting implements Model {
  readonly name: string;
  readonly #known = new Map<number, Known>();
  #written = 0;

  constructor(
    private readonly entries: Expiring,
    private readonly ground: Ground,
  ) {
    super();
    this.name = entries.name;
  }

  async step(): Promise<void> {
    await this.#write();
    await this.#check((place) => this.entries.read(place));
    await this.#check((place) => this.ground.fleet.ask<string | null>(this.entries.path(place)));
  }

  forget(): void {
    this.#known.clear();
  }

  /** All expire, all are deleted, and nothing is left of them: neither an entry, nor an index of what is gone. */
  async settle(patience: number): Promise<void> {
    let overdue = Infinity;
    let left: string[] = [];
    await until(
      async () => {
        overdue = await this.entries.overdue();
        left = await keysOf(this.ground.store, this.entries.pattern);
        return left.length === 0;
      },
      patience,
      () =>
        `${left.length} keys are left, among them ${left.slice(0, 3).join(' ')}; overdue by ${Math.round(overdue)} ms`,
    );
  }

  protected doubt(since: number): void {
    for (const [place, { writtenAt }] of this.#known) if (writtenAt >= since) this.#known.delete(place);
  }

  async #write(): Promise<void> {
    const place = this.#place();
    const ttl = Math.round(TTL.least + this.ground.random.next() * (TTL.most - TTL.least));
    const value = this.entries.name === 'VolatileSet' ? '' : `v${++this.#written}`;
    const { isTrusted } = this;
    this.#known.delete(place);
    const writtenAt = Date.now();
    await this.entries.write(place, value, ttl);
    if (!isTrusted || !this.isTrusted) return;
    const expires = { from: writtenAt + ttl, to: Date.now() + ttl };
    this.#known.set(place, { value, writtenAt, expires });
  }

  async #check(read: (place: number) => Promise<string | null>): Promise<void> {
    const place = this.#place();
    const known = this.#known.get(place);
    if (known === undefined) return;
    const asked = Date.now();
    const value = await read(place).catch(() => undefined);
    if (value === undefined || this.#known.get(place) !== known) return;
    const where = `entry ${place}, which ends between ${known.expires.from} and ${known.expires.to}`;
    if (value !== null && asked > known.expires.to) {
      throw new Violation(`served past its time: ${where}, asked for at ${asked}`);
    }
    if (value === null && Date.now() < known.expires.from) {
      throw new Violation(`lost before its time: ${where}, answered at ${Date.now()}`);
    }
    if (value !== null && value !== known.value) {
      throw new Violation(`${where} is ${value}; written was ${known.value}`);
    }
  }

  #place(): number {
    return Math.floor(this.ground.random.next() * PLACES);
  }
}
