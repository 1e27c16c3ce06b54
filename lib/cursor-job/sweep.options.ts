import type { JobOptions } from '../recruiter/job-options.js';
import { group, integer, option, orFalse, orGroup, required } from '../options/option.js';
import type { OptionTable, Resolved } from '../options/option-table.js';

/** Longest time that an option may name: ms, about 285 years. */
const MAX_TIME_MS = 2 ** 43;

/** How a resumable job sweeps its data, wherever its cursors are stored. */
export interface SweepOptions {
  /**
   * Items of a slice: 1 to 10,000. Or the time of a slice: the batch grows and shrinks, from 1 to `max` items (1,000 by
   * default), until fetching and processing it takes about `targetTime` ms. @default 100
   */
  batch?: number | { targetTime: number; max?: number | undefined } | undefined;
  /**
   * Parts of the data that are swept side by side, each with a cursor of its own: 1 to 1,024. Another number during a
   * sweep is refused, until `reset()`. @default 1
   */
  partitions?: number | undefined;
  /**
   * A partition is claimed by one worker at a time, for at most `ttl` ms: 1,000 or more, and several times the budget.
   * `false`: workers that meet at a cursor do the same work, and the first of them moves it. Costs no round trip.
   * @default \{ ttl: 10_000 \}
   */
  lease?: false | { ttl: number } | undefined;
  /**
   * What follows the end of the data: nothing, or the next sweep at once. For a sweep once a period leave it out and use
   * `@StealableJob({ every })`, where each pass is one sweep. @default stop
   */
  onEnd?: 'stop' | 'restart' | undefined;
  /** Attempts at an item by itself, after its batch has failed, before it is set aside: 1 to 100. @default 5 */
  attempts?: number | undefined;
  /** Wait before the second attempt at an item: ms, doubled for each further one, up to a minute. @default 1000 */
  retryDelay?: number | undefined;
  /** Items set aside in a partition at which it stops: 1 to 100,000. They are too many for bad luck. @default 1000 */
  maxDead?: number | undefined;
}

const BATCH = {
  targetTime: required(integer(1, 60_000)),
  max: integer(1, 10_000, 1000),
} satisfies OptionTable<{ targetTime: number; max?: number | undefined }>;

/** The options of every resumable job. */
export const SWEEP_OPTIONS = {
  batch: orGroup(integer(1, 10_000, 100), BATCH),
  partitions: integer(1, 1024, 1),
  lease: orFalse(
    group({ ttl: required(integer(1000, MAX_TIME_MS)) }, 'false or { ttl } in ms', { ttl: 10_000 }),
  ),
  // No default: a declared one is refused beside `every`.
  onEnd: option(
    "'stop' or 'restart'; a sweep once a period is @StealableJob({ every }), without onEnd",
    (value) => value === 'stop' || value === 'restart',
  ),
  attempts: integer(1, 100, 5),
  retryDelay: integer(0, 60_000, 1000),
  maxDead: integer(1, 100_000, 1000),
} satisfies OptionTable<SweepOptions>;

/** Options with nothing left open. */
export interface ResolvedSweepOptions {
  readonly batch: { readonly max: number; readonly targetTime: number | undefined };
  readonly partitions: number;
  /** ms, 0 for no lease. */
  readonly leaseTtl: number;
  /** Whether the next sweep follows at once. */
  readonly restarts: boolean;
  /** What was declared as `onEnd`, if anything was. */
  readonly onEnd: 'stop' | 'restart' | undefined;
  readonly attempts: number;
  readonly retryDelay: number;
  readonly maxDead: number;
}

/** Resolves the checked options of a resumable job. */
export function resolvedSweepOptions(
  options: Resolved<SweepOptions, typeof SWEEP_OPTIONS>,
): ResolvedSweepOptions {
  const { batch, lease, onEnd } = options;
  const { targetTime, max = BATCH.max.fallback } =
    typeof batch === 'object' ? batch : { targetTime: undefined, max: batch };
  return {
    ...options,
    batch: { max, targetTime },
    leaseTtl: lease === false ? 0 : lease.ttl,
    restarts: onEnd === 'restart',
  };
}

/** Why a resumable job that declares `onEnd` cannot be declared with `every`; undefined where it does not. */
export function onEndProblem({ onEnd }: ResolvedSweepOptions): string | undefined {
  if (onEnd === undefined) return undefined;
  return (
    `onEnd is '${onEnd}' beside every: each pass of @StealableJob({ every }) is one sweep, from its beginning to its end. ` +
    'Leave one of the two out'
  );
}

/** Why a sweep that the fleet shares cannot be declared with a pass in each process; undefined where it is not. */
export function scopeProblem({ every }: JobOptions): string | undefined {
  if ((every as { scope?: unknown } | undefined | null)?.scope !== 'process') return undefined;
  return (
    "every.scope is 'process', but the fleet has one sweep: the passes of two processes would begin it again and again. " +
    'Leave scope out'
  );
}
