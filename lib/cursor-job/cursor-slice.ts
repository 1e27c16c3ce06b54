import type { Slice } from '../recruiter/job.js';

/** The slice that `fetch` and `process` receive: with the partition of the data that it works on. */
export interface CursorSlice extends Slice {
  /** The partition: 0 and up. */
  readonly partition: number;
  /** Number of partitions. */
  readonly partitions: number;
}

/** A slice of a partition. */
export class PartitionSlice implements CursorSlice {
  declare readonly fencingToken?: number;
  declare readonly pass?: NonNullable<Slice['pass']>;

  constructor(
    private readonly slice: Slice,
    readonly partition: number,
    readonly partitions: number,
  ) {
    if (slice.fencingToken !== undefined) this.fencingToken = slice.fencingToken;
    if (slice.pass !== undefined) this.pass = slice.pass;
  }

  get jobId(): string {
    return this.slice.jobId;
  }

  get signal(): AbortSignal {
    return this.slice.signal;
  }

  timeRemaining(): number {
    return this.slice.timeRemaining();
  }
}
