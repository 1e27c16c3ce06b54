import { Log } from '../logging/log.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { check, integer } from '../options/option.js';
import type { JobOptions } from '../recruiter/job-options.js';
import { Duty, type Slice, type SliceResult } from '../recruiter/job.js';
import { BatchSize } from './batch-size.js';
import { BatchStep, type Callbacks } from './batch-step.js';
import { decodeCursor, encodeCursor, type Cursor } from './cursor.js';
import { PartitionSlice } from './cursor-slice.js';
import type { CursorStore, Found, FullPartition } from './cursor-store.js';
import type { DeadItem } from './dead-item.js';
import { progressOf, type CursorProgress } from './progress.js';
import { onEndProblem, scopeProblem, type ResolvedSweepOptions } from './sweep.options.js';

/**
 * A resumable job apart from where its cursors are stored: it sweeps its data, a batch a slice, from the beginning to the
 * end.
 *
 * - A slice claims a partition, runs one {@link BatchStep} at its cursor, and moves the cursor.
 * - A place that fails is tried again, with fewer items each time, until a single item is left: see `nextAttempt`.
 * - That item is set aside after some attempts. A partition with too many such items stops.
 * - Without `every` a sweep is followed by what `onEnd` says. Under `every` each pass is one sweep.
 */
export class Sweeper<T, C extends Cursor, Context = undefined> {
  readonly #log: Log;
  readonly #batch: BatchSize;
  readonly #step: BatchStep<T, C, Context>;
  /** Partitions that were logged as full. */
  readonly #loggedFull = new Set<number>();

  /** @param owner - the kind and name of the job, for log lines. */
  constructor(
    owner: string,
    private readonly name: string,
    private readonly store: CursorStore<Context>,
    private readonly options: ResolvedSweepOptions,
    private readonly callbacks: Callbacks<T, C, Context>,
  ) {
    this.#log = new Log(owner);
    this.#batch = new BatchSize(options.batch);
    this.#step = new BatchStep(name, store, options, this.#batch, callbacks);
  }

  /** What is wrong with the options under which the job is declared. */
  problemsWith(declared: JobOptions): string[] {
    if (declared.every === undefined) return [];
    return [onEndProblem(this.options), scopeProblem(declared)].filter((problem) => problem !== undefined);
  }

  /** @param begun - when the slice began, by `performance.now()`. */
  async run(slice: Slice, begun: number): Promise<SliceResult> {
    const problem = slice.pass === undefined ? undefined : onEndProblem(this.options);
    if (problem !== undefined) throw new WorkStealingConfigError(`"${this.name}": ${problem}`);
    const found = await this.store.claim(this.#batch.limit, slice);
    found.full.forEach((full) => this.#reportFull(full));
    if (found.claim === undefined) return this.#nothingToDo(found, slice);
    return this.#step.run(
      found.claim,
      new PartitionSlice(slice, found.claim.partition, this.options.partitions),
      begun,
    );
  }

  async progress(): Promise<CursorProgress> {
    const [state, total] = await Promise.all([this.store.read(), this.callbacks.total()]);
    return progressOf(state, { maxDead: this.options.maxDead, total });
  }

  async cursor(partition: number): Promise<C | undefined> {
    this.#checkPartition(partition);
    return decodeCursor(await this.store.cursor(partition)) as C | undefined;
  }

  async reset(partition: number | undefined): Promise<void> {
    if (partition === undefined) return this.store.reset();
    this.#checkPartition(partition);
    await this.store.seek(partition, '');
  }

  async seek(cursor: C, partition: number): Promise<void> {
    this.#checkPartition(partition);
    await this.store.seek(partition, encodeCursor('cursor', cursor));
  }

  async dead(most: number): Promise<DeadItem[]> {
    check('most', most, integer(1, 10_000));
    return this.store.dead(most);
  }

  async forgetDead(): Promise<number> {
    const count = await this.store.forgetDead();
    this.#loggedFull.clear();
    return count;
  }

  /** A full partition fails the slice when nothing else has work. Under `every`, the pass goes on until the sweep has ended. */
  #nothingToDo({ full, isHeld, isUnfinished }: Found, slice: Slice): SliceResult {
    const stopped = full.at(-1);
    if (stopped !== undefined && !isHeld) throw new Error(this.#fullMessage(stopped));
    return slice.pass === undefined ? Duty.DISMISSED : { done: 0, more: isUnfinished };
  }

  #reportFull(full: FullPartition): void {
    if (this.#loggedFull.has(full.partition)) return;
    this.#loggedFull.add(full.partition);
    this.#log.error(this.#fullMessage(full));
  }

  #fullMessage({ partition, dead }: FullPartition): string {
    return (
      `"${this.name}" has set ${dead} items of partition ${partition} aside, and stops there: look at dead(), mend the ` +
      `cause, and call forgetDead().`
    );
  }

  #checkPartition(partition: number): void {
    check('partition', partition, integer(0, this.options.partitions - 1));
  }
}
