import { refuseUnknownOptions, type KnownOptions } from '../../options/known-options.js';
import { describeValue } from '../../recruiter/describe-value.js';
import { checkInteger, checkKeyPart, checkOptions } from '../arguments.js';

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
   * in the midst of a sweep is refused, until `reset()`. @default 1
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

const KNOWN: KnownOptions<CursorJobOptions> = {
  batch: true,
  partitions: true,
  lease: true,
  onEnd: true,
  attempts: true,
  retryDelay: true,
  maxDead: true,
  prefix: true,
};

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

/** @throws TypeError or RangeError that quotes a wrong option. */
export function resolveCursorJobOptions(options: CursorJobOptions): ResolvedCursorJobOptions {
  checkOptions('options are', options, 'an object');
  refuseUnknownOptions('CursorJob', options, KNOWN);
  const { partitions = 1, attempts = 5, retryDelay = 1000, maxDead = 1000, prefix } = options;
  checkInteger('partitions', partitions, 1, 1024);
  checkInteger('attempts', attempts, 1, 100);
  checkInteger('retryDelay', retryDelay, 0, 60_000);
  checkInteger('maxDead', maxDead, 1, 100_000);
  if (prefix !== undefined) checkKeyPart('prefix', prefix);
  return {
    batch: resolveBatch(options.batch),
    leaseTtl: resolveLease(options.lease),
    every: resolveEnd(options.onEnd),
    partitions,
    attempts,
    retryDelay,
    maxDead,
  };
}

function resolveBatch(batch: CursorJobOptions['batch'] = 100): ResolvedCursorJobOptions['batch'] {
  if (typeof batch !== 'object' || batch === null) {
    checkInteger('batch', batch, 1, 10_000);
    return { max: batch, targetTime: undefined };
  }
  refuseUnknownOptions('CursorJob', batch, { targetTime: true, max: true }, 'batch');
  const { targetTime, max = 1000 } = batch;
  checkInteger('batch.targetTime', targetTime, 1, 60_000);
  checkInteger('batch.max', max, 1, 10_000);
  return { max, targetTime };
}

function resolveLease(lease: CursorJobOptions['lease'] = { ttl: 10_000 }): number {
  if (lease === false) return 0;
  if (typeof lease !== 'object' || lease === null) {
    throw new TypeError(`lease is ${describeValue(lease)}; expected false or { ttl } in ms`);
  }
  refuseUnknownOptions('CursorJob', lease, { ttl: true }, 'lease');
  checkInteger('lease.ttl', lease.ttl, 1000, LONGEST);
  return lease.ttl;
}

function resolveEnd(onEnd: CursorJobOptions['onEnd'] = 'stop'): number {
  if (onEnd === 'stop') return -1;
  if (onEnd === 'restart') return 0;
  if (typeof onEnd !== 'object' || onEnd === null) {
    throw new TypeError(`onEnd is ${describeValue(onEnd)}; expected 'stop', 'restart' or { every } in ms`);
  }
  refuseUnknownOptions('CursorJob', onEnd, { every: true }, 'onEnd');
  checkInteger('onEnd.every', onEnd.every, 1, LONGEST);
  return onEnd.every;
}
