import type { Slice } from '../recruiter/job.js';
import type { DeadItem } from './dead-item.js';
import type { NextAttempt } from './next-attempt.js';

/** A place in a partition at which a slice works. */
export interface Claim {
  /** Unique among all claims of all processes; '' for a claim without a lease. */
  readonly name: string;
  readonly partition: number;
  /** Grows whenever the cursor moves: a cursor may come back, a version does not. */
  readonly version: string;
  /** The cursor as it is stored, '' at the beginning. */
  readonly cursor: string;
  /** Maximum items to request. */
  readonly limit: number;
  /** Attempts at a single item here that have failed. */
  readonly failures: number;
  /** Why the last attempt failed; '' when none did. */
  readonly error: string;
}

/** A partition that is skipped, because too many of its items were set aside. */
export interface FullPartition {
  readonly partition: number;
  /** Items set aside. */
  readonly dead: number;
}

/** The result of a search for work. */
export interface Found {
  /** Undefined when no partition has work now. */
  readonly claim: Claim | undefined;
  /** Whether a partition is not at the end of this sweep, though it may have nothing to do now. */
  readonly isUnfinished: boolean;
  /** Whether another worker holds a partition that has work. */
  readonly isHeld: boolean;
  readonly full: readonly FullPartition[];
}

/** The work that a slice has done at its claim. */
export interface Move {
  /** The next cursor as it is stored; '' at the end of the data. */
  readonly next: string;
  readonly done: number;
  readonly changed: number;
  /** Items to request next time; undefined for the usual number. */
  readonly limit: number | undefined;
  /** Records of items set aside. */
  readonly dead: readonly string[];
}

/** How far a partition is. */
export interface PartitionState {
  readonly done: number;
  readonly changed: number;
  readonly sweeps: number;
  readonly dead: number;
  readonly hasEnded: boolean;
  /** When its sweep began: ms since the epoch. */
  readonly startedAt: number | undefined;
  /** Why the last attempt failed; '' when none did. */
  readonly error: string;
  /** A moment some half a minute ago, and how many items were done by then; undefined in the first half minute. */
  readonly earlier: { readonly at: number; readonly done: number } | undefined;
}

/** How far all partitions are. */
export interface SweepState {
  /** Number of partitions of the sweep: states beyond it are of an earlier sweep, and only their dead items count. */
  readonly partitions: number;
  readonly states: readonly PartitionState[];
  /** Time of the store's clock: ms since the epoch. */
  readonly now: number;
}

/**
 * Stores the cursors of a resumable job, for the whole fleet.
 *
 * A claim is optimistic: it may end before its slice does, and then {@link advance} moves nothing. A store whose work is in
 * the same database can do better: it runs the work and the move in one transaction, and hands the transaction to the work
 * as `Context`, so that each item is processed exactly once.
 */
export interface CursorStore<Context = undefined> {
  /**
   * Claims a partition that has work. The first claim of a pass (`slice.pass`) begins a new sweep in all partitions; during
   * a pass no further sweep begins.
   *
   * @param limit - maximum items of the claim.
   * @throws Error when the sweep has another number of partitions.
   */
  claim(limit: number, slice: Slice): Promise<Found>;
  /**
   * Runs the work of a claim, and moves the cursor past it.
   *
   * @returns whether any partition has more work; undefined when another worker has moved the cursor meanwhile.
   * @throws the error of the work, which the store has undone by then if it can.
   */
  advance(
    claim: Claim,
    work: (context: Context) => Promise<Move>,
    slice: Slice,
  ): Promise<{ readonly isMore: boolean } | undefined>;
  /** Leaves the cursor where it was, for another attempt. */
  giveBack(claim: Claim, attempt: NextAttempt, error: string, slice: Slice): Promise<void>;
  /** Ensures that no item is blamed if this claim is never given back. */
  excuse(claim: Claim): Promise<void>;
  /** Whether an error means that a server cannot do such work now, whatever the item. */
  isServersFault(error: unknown): boolean;

  /** The cursor of a partition as it is stored, '' at the beginning and after the end. */
  cursor(partition: number): Promise<string>;
  read(): Promise<SweepState>;
  /** @throws Error when the sweep has another number of partitions. */
  seek(partition: number, cursor: string): Promise<void>;
  /** Begins all partitions again, with the number of partitions that this process has. */
  reset(): Promise<void>;
  /** Items set aside, oldest first, at most `most` of each partition, including partitions that no longer exist. */
  dead(most: number): Promise<DeadItem[]>;
  /** Forgets the items set aside, and returns how many there were. */
  forgetDead(): Promise<number>;
}
