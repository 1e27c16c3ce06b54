import type { RedisClient } from '../client.js';
import { runScript } from '../script.js';
import { send, type Wait } from '../send.js';

/** Changes when the layout of keys or values does. */
const LAYOUT = 'qt1';

/** Where the sweep stood when somebody looked. */
export interface SweepPlace {
  /** Counts the moves of the cursor: whoever moves it has to know the last one. */
  readonly version: string;
  readonly cursor: string | null;
  /** Server time of the look: ms. */
  readonly lookedAt: string;
}

/** The set and its sweep in Redis: a hash of identifiers by stamp, and a hash of the cursor. Both have one hash tag. */
export class TrackedSet {
  readonly #queued: string;
  readonly #sweep: string;

  constructor(
    private readonly client: RedisClient,
    prefix: string,
    name: string,
  ) {
    this.#queued = `${prefix}:{${name}}:${LAYOUT}:queued`;
    this.#sweep = `${prefix}:{${name}}:${LAYOUT}:sweep`;
  }

  async has(ids: readonly string[]): Promise<boolean[]> {
    const stamps = (await send(this.client, 'HMGET', [this.#queued], ids)) as unknown[];
    return stamps.map((stamp) => stamp !== null);
  }

  async size(): Promise<number> {
    return Number(await send(this.client, 'HLEN', [this.#queued]));
  }

  async mark(ids: readonly string[]): Promise<number> {
    return Number(await runScript(this.client, 'queue-tracker-mark', [this.#queued, this.#sweep], ids));
  }

  async look(wait: Wait): Promise<SweepPlace> {
    const [version, now, , cursor] = await this.#lookAtSweep(wait);
    return {
      version: String(version),
      cursor: typeof cursor === 'string' ? cursor : null,
      lookedAt: String(now),
    };
  }

  async sweepAge(): Promise<number> {
    const [, now, swept] = await this.#lookAtSweep();
    return swept === null ? Infinity : Math.max(0, Number(now) - Number(swept));
  }

  async advance(
    { version, lookedAt }: SweepPlace,
    next: string,
    ids: readonly string[],
    wait: Wait,
  ): Promise<{ added: number; hasMoved: boolean }> {
    const args = [version, lookedAt, next, ...ids];
    const reply = await runScript(
      this.client,
      'queue-tracker-advance',
      [this.#queued, this.#sweep],
      args,
      wait,
    );
    const [added, moved] = (reply as unknown[]).map(Number);
    return { added: added!, hasMoved: moved === 1 };
  }

  /** Up to `limit` identifiers and the stamps that they have now. */
  async sample(limit: number, wait: Wait): Promise<Map<string, string>> {
    const pairs = (await runScript(
      this.client,
      'queue-tracker-sample',
      [this.#queued],
      [limit],
      wait,
    )) as string[];
    const sample = new Map<string, string>();
    for (let index = 0; index + 1 < pairs.length; index += 2) sample.set(pairs[index]!, pairs[index + 1]!);
    return sample;
  }

  /** Takes `[identifier, stamp, …]`; tells how many had that stamp still, and are removed. */
  async remove(stamped: readonly string[], wait: Wait): Promise<number> {
    return Number(await runScript(this.client, 'queue-tracker-remove', [this.#queued], stamped, wait));
  }

  async #lookAtSweep(wait: Wait = {}): Promise<(string | number | null | undefined)[]> {
    const reply = await runScript(this.client, 'queue-tracker-look', [this.#sweep], [], wait);
    return reply as (string | number | null)[];
  }
}
