import type { Slice } from '../../recruiter/job.js';

/** The slice as `fetch` and `process` see it: with the part of the data that it is about. */
export interface CursorSlice extends Slice {
  /** Which part: 0 and up. */
  readonly partition: number;
  /** How many parts there are. */
  readonly partitions: number;
}

/** A slice of a partition. */
export class PartitionSlice implements CursorSlice {
  declare readonly fencingToken?: number;

  constructor(
    private readonly slice: Slice,
    readonly partition: number,
    readonly partitions: number,
  ) {
    if (slice.fencingToken !== undefined) this.fencingToken = slice.fencingToken;
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
