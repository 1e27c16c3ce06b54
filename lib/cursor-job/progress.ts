import type { PartitionState, SweepState } from './cursor-store.js';

/** How far a `CursorJob` is, over all its partitions. */
export interface CursorProgress {
  /** Items of this sweep that are done, including those set aside. */
  readonly done: number;
  /** Items of this sweep that `process` reported as changed. */
  readonly changed: number;
  /** Items of a whole sweep, if the job knows: see `CursorJob.total`. */
  readonly total: number | undefined;
  /** Items a second, over the last half minute to minute; since the start, in the first half minute. */
  readonly rate: number;
  /** When this sweep began; undefined before the first slice. */
  readonly startedAt: Date | undefined;
  /** When this sweep will end at this rate; undefined if the total or the rate is unknown, or if it has ended. */
  readonly eta: Date | undefined;
  /** Sweeps that all partitions have completed. */
  readonly sweeps: number;
  /** Items set aside. */
  readonly dead: number;
  /** Whether every partition is at the end of its data. */
  readonly ended: boolean;
  /** Why attempts fail now, by partition; empty if none does. */
  readonly errors: readonly { readonly partition: number; readonly message: string }[];
}

/** Sums up the states of all partitions. */
export function progressOf(
  { states: all, partitions, now }: SweepState,
  { maxDead, total }: { readonly maxDead: number; readonly total: number | undefined },
): CursorProgress {
  const states = all.slice(0, partitions);
  const sum = (name: 'done' | 'changed') => states.reduce((sofar, state) => sofar + state[name], 0);
  const done = sum('done');
  const ended = states.every(({ hasEnded }) => hasEnded);
  const rate = states.reduce((sofar, state) => sofar + rateOf(state, now), 0);
  const left = total === undefined || ended || rate === 0 ? undefined : Math.max(0, total - done) / rate;
  const started = states.flatMap(({ startedAt }) => startedAt ?? []);
  return {
    done,
    changed: sum('changed'),
    total,
    rate,
    startedAt: started.length === 0 ? undefined : new Date(Math.min(...started)),
    eta: left === undefined ? undefined : new Date(now + left * 1000),
    sweeps: Math.min(...states.map(({ sweeps }) => sweeps)),
    dead: all.reduce((sofar, { dead }) => sofar + dead, 0),
    ended,
    errors: states.flatMap(({ dead, hasEnded, error }, partition) => {
      const message = dead >= maxDead && !hasEnded ? stoppedMessage(dead) : error;
      return message === '' ? [] : [{ partition, message }];
    }),
  };
}

function stoppedMessage(dead: number): string {
  return `Stopped with ${dead} items set aside: look at dead(), mend the cause, and call forgetDead()`;
}

function rateOf({ hasEnded, earlier, startedAt = 0, done }: PartitionState, now: number): number {
  if (hasEnded) return 0;
  const { at, done: before } = earlier ?? { at: startedAt, done: 0 };
  return ((done - before) / Math.max(1, now - at)) * 1000;
}
