import { VolatileHashes, type RedisConnection } from '../../lib/redis/index.js';
import type { SeededRandom } from '../../lib/testing/index.js';
import { until, Violation, type Model } from './model.js';

const HASHES = 20;
const FIELDS = 50;
/** Times to live that are drawn: ms. */
const TTL = { least: 200, most: 5000 };
/** A write that failed may still be applied, when a server that was stopped goes on: longer than any fault, ms. */
const DOUBT = 60_000;
/** Oldest overdue field that is put up with after the last fault: ms. */
const OVERDUE = 5000;

interface Known {
  readonly value: string;
  /** By the clock of this machine, which is that of the server: the earliest and the latest that it may be. */
  readonly expires: { readonly from: number; readonly to: number };
}

/** No field is served past its time, and none is lost before. */
export class FieldsModel implements Model {
  readonly name = 'VolatileHashes';
  readonly #hashes: VolatileHashes;
  readonly #known = new Map<string, Known>();
  /** Fields of which a write failed: until when it may still be applied. */
  readonly #doubtful = new Map<string, number>();
  #written = 0;

  constructor(
    redis: RedisConnection,
    private readonly random: SeededRandom,
  ) {
    this.#hashes = new VolatileHashes(redis, 'fields');
  }

  async step(): Promise<void> {
    await this.#write();
    await this.#read();
  }

  forget(): void {
    this.#known.clear();
  }

  async settle(patience: number): Promise<void> {
    let overdue = Infinity;
    await until(
      async () => (overdue = await this.#hashes.oldestOverdue()) <= OVERDUE,
      patience,
      () => `a field is overdue by ${Math.round(overdue)} ms and is not reaped`,
    );
  }

  async #write(): Promise<void> {
    const [hash, field] = this.#place();
    const ttl = Math.round(TTL.least + this.random.next() * (TTL.most - TTL.least));
    const value = `v${++this.#written}`;
    const key = `${hash}/${field}`;
    this.#known.delete(key);
    const from = Date.now() + ttl;
    try {
      await this.#hashes.set(hash, field, value, { ttl });
      if (!this.#isDoubtful(key)) this.#known.set(key, { value, expires: { from, to: Date.now() + ttl } });
    } catch {
      this.#doubtful.set(key, Date.now() + DOUBT);
    }
  }

  #isDoubtful(key: string): boolean {
    return Date.now() < (this.#doubtful.get(key) ?? 0);
  }

  async #read(): Promise<void> {
    const [hash, field] = this.#place();
    const key = `${hash}/${field}`;
    const known = this.#known.get(key);
    if (known === undefined) return;
    const asked = Date.now();
    const value = await this.#hashes.get(hash, field).catch(() => undefined);
    if (value === undefined || this.#known.get(key) !== known) return;
    const where = `${hash} ${field}, which ends between ${known.expires.from} and ${known.expires.to}`;
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

  #place(): [hash: string, field: string] {
    return [
      `hash-${Math.floor(this.random.next() * HASHES)}`,
      `field-${Math.floor(this.random.next() * FIELDS)}`,
    ];
  }
}
