import type { Slice } from '../../recruiter/job.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { send, type Wait } from '../lua/send.js';

/** Changes with the layout of keys or values. */
const LAYOUT = 'qt2';

/** Identifiers of one page, roughly: a longer script would hold the server for more than a millisecond. */
const PAGE = 250;

/**
 * Where a pass is: its sweep has not begun, its sweep is under way, the identifiers that its sweep has not found are
 * checked, or another pass has begun since. Without `every`: ''.
 */
export type PassState = '' | 'begin' | 'sweep' | 'check' | 'over';

/** The state of the sweep when it was read. */
export interface SweepPlace {
  /** Counts the moves of the cursor: only a worker that knows the last one can move it. */
  readonly version: string;
  readonly cursor: string | null;
  /** Server time when it was read: ms. */
  readonly readAt: string;
  /** The mark that set and sweep share; '' where one of them is new, or was lost. */
  readonly mark: string;
  /** Start of the last complete sweep; undefined before there was one. */
  readonly sweptAt: number | undefined;
  readonly passState: PassState;
  /** The last stamp before the sweep of the pass: the sweep has not found what still has it, or an earlier one. */
  readonly passStamp: string;
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

  async mark(ids: readonly string[], wait: Wait = {}): Promise<number> {
    const keys = [this.#queued, this.#sweep];
    return Number(await runScript(this.client, 'queue-tracker-mark', keys, ids, wait));
  }

  async read(wait: Wait = {}, pass?: Slice['pass']): Promise<SweepPlace> {
    const keys = [this.#queued, this.#sweep];
    const args = [dueAtOf(pass), pass?.isFirst === true ? 1 : 0];
    const reply = await runScript(this.client, 'queue-tracker-read', keys, args, wait);
    const [version, now, swept, cursor, mark, passState, passStamp] = reply as (string | number | null)[];
    return {
      version: String(version),
      cursor: typeof cursor === 'string' ? cursor : null,
      readAt: String(now),
      mark: String(mark),
      sweptAt: swept === null ? undefined : Number(swept),
      passState: passState as PassState,
      passStamp: String(passStamp),
    };
  }

  async sweepAge(): Promise<number> {
    const { readAt, sweptAt } = await this.read();
    return sweptAt === undefined ? Infinity : Math.max(0, Number(readAt) - sweptAt);
  }

  async advance(
    { version, readAt, mark, passState, passStamp }: SweepPlace,
    next: string,
    ids: readonly string[],
    slice: Slice,
  ): Promise<{ added: number; hasMoved: boolean }> {
    const beginning = passState === 'begin' ? passStamp : '';
    const args = [version, readAt, mark, next, dueAtOf(slice.pass), beginning, ...ids];
    const keys = [this.#queued, this.#sweep];
    const reply = await runScript(this.client, 'queue-tracker-advance', keys, args, slice);
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
    return mapOf(pairs);
  }

  /** A page of the identifiers, with their stamps, that have this stamp or an earlier one; `next` is '0' at the end. */
  async stale(
    cursor: string,
    stamp: string,
    wait: Wait,
  ): Promise<{ next: string; stamps: Map<string, string> }> {
    const reply = await runScript(
      this.client,
      'queue-tracker-stale',
      [this.#queued],
      [cursor, PAGE, stamp],
      wait,
    );
    const [next, ...pairs] = reply as [string, ...string[]];
    return { next, stamps: mapOf(pairs) };
  }

  /** Removes `[identifier, stamp, …]`, each if it still has that stamp, and returns how many were removed. */
  async remove(stamped: readonly string[], wait: Wait): Promise<number> {
    return Number(await runScript(this.client, 'queue-tracker-remove', [this.#queued], stamped, wait));
  }
}

function dueAtOf(pass: Slice['pass']): number | '' {
  return pass?.dueAt.getTime() ?? '';
}

function mapOf(pairs: readonly string[]): Map<string, string> {
  const map = new Map<string, string>();
  for (let index = 0; index + 1 < pairs.length; index += 2) map.set(pairs[index]!, pairs[index + 1]!);
  return map;
}
