import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send, type Wait } from '../lua/send.js';

/** Changes when the layout of keys or values does. */
const LAYOUT = 'qt2';

/** Where the sweep stood when somebody looked. */
export interface SweepPlace {
  /** Counts the moves of the cursor: whoever moves it has to know the last one. */
  readonly version: string;
  readonly cursor: string | null;
  /** Server time of the look: ms. */
  readonly lookedAt: string;
  /** What set and sweep know each other by; '' where one of them is new, or was lost. */
  readonly mark: string;
  /** Start of the last complete sweep; undefined before there was one. */
  readonly sweptAt: number | undefined;
}

/**
 * The set and its sweep in Redis: a hash of identifiers by stamp, and a hash of the cursor. Both have one hash tag, and the
 * same mark: a server that evicts keys may take either, and what was swept is then in doubt. The mark of the set is its
 * field ''.
 */
export class TrackedSet {
  readonly #queued: string;
  readonly #sweep: string;

  constructor(
    private readonly client: RedisLike,
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
    return Number(await runScript(this.client, 'queue-tracker-size', [this.#queued]));
  }

  async mark(ids: readonly string[]): Promise<number> {
    return Number(await runScript(this.client, 'queue-tracker-mark', [this.#queued, this.#sweep], ids));
  }

  async look(wait: Wait = {}): Promise<SweepPlace> {
    const keys = [this.#queued, this.#sweep];
    const reply = await runScript(this.client, 'queue-tracker-look', keys, [], wait);
    const [version, now, swept, cursor, mark] = reply as (string | number | null)[];
    return {
      version: String(version),
      cursor: typeof cursor === 'string' ? cursor : null,
      lookedAt: String(now),
      mark: String(mark),
      sweptAt: swept === null ? undefined : Number(swept),
    };
  }

  async sweepAge(): Promise<number> {
    const { lookedAt, sweptAt } = await this.look();
    return sweptAt === undefined ? Infinity : Math.max(0, Number(lookedAt) - sweptAt);
  }

  async advance(
    { version, lookedAt, mark }: SweepPlace,
    next: string,
    ids: readonly string[],
    wait: Wait,
  ): Promise<{ added: number; hasMoved: boolean }> {
    const args = [version, lookedAt, mark, next, ...ids];
    const keys = [this.#queued, this.#sweep];
    const reply = await runScript(this.client, 'queue-tracker-advance', keys, args, wait);
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
}
