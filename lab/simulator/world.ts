/** A job of the simulated world. Times in ms. */
export interface SimulatedJob {
  readonly id: string;
  readonly rate: number;
  /** Items a slice, at most. */
  readonly limit: number;
  /** Event-loop time and waiting time of a full slice; one that fills a share of its batch takes that share. */
  readonly loop: number;
  readonly io: number;
  /** What a slice costs that finds nothing, and each other beside that. @default {@link SLICE} */
  readonly slice?: { readonly loop: number; readonly io: number };
  /** Items that arrive: by request (`delay` seconds after it), by second and process, and by second in all. */
  readonly perRequest?: number;
  readonly delay?: number;
  readonly perProcess?: number;
  readonly perFleet?: number;
  /** There is always more of it: a backfill. Its items are not counted as lag. */
  readonly isEndless?: boolean;
  /** Every slice of it fails. */
  readonly fails?: boolean;
  /** Slices a second in the whole fleet, at most. */
  readonly perSecond?: number;
}

export const JOBS: readonly SimulatedJob[] = [
  { id: 'expire', rate: 0.0015, limit: 50, loop: 3, io: 15, perRequest: 0.05, delay: 3600 },
  { id: 'flush', rate: 0.0008, limit: 20, loop: 30, io: 5, perRequest: 0.01, delay: 60 },
  { id: 'reaper', rate: 0.0003, limit: 20, loop: 5, io: 10, perProcess: 0.002 },
  { id: 'rare', rate: 0.0004, limit: 10, loop: 5, io: 10, perFleet: 1 / 600 },
];

/** What every slice costs before it does anything: event-loop time and waiting time, ms. */
export const SLICE = { loop: 0.5, io: 2 } as const;

/** Event-loop time of a request: exponential with this mean, ms. */
export const REQUEST_LOOP = 1.8;

/** What Redis spends on a slice, on the share of a batch that it fills, and on a request: ms. */
export const REDIS = { slice: 0.05, batch: 0.25, request: 0.001 } as const;

/** How long a slice waits for a Redis that is out before it fails: ms. */
export const FAILURE = 50;

/** What a process that has used up its share of the CPU stands still for, within a slice: ms. */
export const THROTTLED = 60;

/** A question to Redis that no slice asks, such as that for a pace: ms. */
export const QUESTION = 1;

/** A process is down for so long when it is deployed: s. */
export const RESTART = 10;

/** A rolling deploy takes so long: s. */
export const DEPLOY = 600;

/** Standard deviation of the logarithm of a process' share of the traffic. */
export const UNEVENNESS = 0.1;
