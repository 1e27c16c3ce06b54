import { group, integer, option, orFalse, orGroup, required } from '../../options/option.js';
import type { OptionTable, Resolved } from '../../options/option-table.js';
import { KEY_PART } from '../arguments.js';

/** Longest time that an option may name: ms, about 285 years. */
const LONGEST = 2 ** 43;

/** How a {@link CursorJob} goes through its data. */
export interface CursorJobOptions {
  /**
   * Items a slice: 1 to 10,000. Or what a slice shall take: the batch grows and shrinks, from 1 to `max` items (1,000 by
   * default), until fetching and processing it takes about `targetTime` ms. @default 100
   */
  batch?: number | { targetTime: number; max?: number | undefined } | undefined;
  /**
   * Parts of the data that recruits go through side by side, each with a cursor of its own: 1 to 1,024. Another number
   * during a sweep is refused, until `reset()`. @default 1
   */
  partitions?: number | undefined;
  /**
   * A partition is claimed by one recruit at a time, for `ttl` ms at most: 1,000 or more, and several times the budget.
   * `false`: recruits who meet at a cursor do the same work, and the first of them moves it. Costs no round trip.
   * @default \{ ttl: 10_000 \}
   */
  lease?: false | { ttl: number } | undefined;
  /**
   * What follows the end of the data: nothing, the next sweep at once, or a sweep every so many ms, counted from start
   * to start. @default stop
   */
  onEnd?: 'stop' | 'restart' | { every: number } | undefined;
  /** Attempts at an item by itself, after its batch has failed, before it is set aside: 1 to 100. @default 5 */
  attempts?: number | undefined;
  /** Wait before the second attempt at an item: ms, doubled for each further one, up to a minute. @default 1000 */
  retryDelay?: number | undefined;
  /** Items set aside in a partition at which it stops: 1 to 100,000. They are too many for bad luck. @default 1000 */
  maxDead?: number | undefined;
  /** What all keys begin with: not blank, without braces. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
}

const BATCH = {
  targetTime: required(integer(1, 60_000)),
  max: integer(1, 10_000, 1000),
} satisfies OptionTable<{ targetTime: number; max?: number | undefined }>;

/** The options of every {@link CursorJob}. */
export const CURSOR_JOB_OPTIONS = {
  batch: orGroup(integer(1, 10_000, 100), BATCH),
  partitions: integer(1, 1024, 1),
  lease: orFalse(group({ ttl: required(integer(1000, LONGEST)) }, 'false or { ttl } in ms', { ttl: 10_000 })),
  onEnd: orGroup(
    option(
      "'stop', 'restart' or { every } in ms",
      (value) => value === 'stop' || value === 'restart',
      'stop',
    ),
    { every: required(integer(1, LONGEST)) },
  ),
  attempts: integer(1, 100, 5),
  retryDelay: integer(0, 60_000, 1000),
  maxDead: integer(1, 100_000, 1000),
  prefix: KEY_PART,
} satisfies OptionTable<CursorJobOptions>;

/** Options with nothing left open. */
export interface ResolvedCursorJobOptions {
  readonly batch: { readonly max: number; readonly targetTime: number | undefined };
  readonly partitions: number;
  /** ms, 0 for no lease. */
  readonly leaseTtl: number;
  /** ms from start to start; 0 at once, -1 never. */
  readonly every: number;
  readonly attempts: number;
  readonly retryDelay: number;
  readonly maxDead: number;
}

/** What the options of a {@link CursorJob} come to. */
export function resolvedOptions(
  options: Omit<Resolved<CursorJobOptions, typeof CURSOR_JOB_OPTIONS>, 'prefix'>,
): ResolvedCursorJobOptions {
  const { batch, lease, onEnd } = options;
  const { targetTime, max = BATCH.max.fallback } =
    typeof batch === 'object' ? batch : { targetTime: undefined, max: batch };
  return {
    ...options,
    batch: { max, targetTime },
    leaseTtl: lease === false ? 0 : lease.ttl,
    every: typeof onEnd === 'object' ? onEnd.every : onEnd === 'stop' ? -1 : 0,
  };
}
