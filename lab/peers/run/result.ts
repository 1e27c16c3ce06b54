import type { ChoreName } from '../instance/messages.js';
import type { TraceName } from '../plan/traces.js';
import type { WayName } from '../ways/index.js';

/** What says which run it is: of two with the same, the later one counts. */
export interface RunKey {
  readonly way: WayName;
  readonly instances: number;
  readonly trace: TraceName;
  readonly round: number;
}

/** All that is measured in one run: the data that tables and plots are made from. Times in ms. */
export interface RunResult extends RunKey {
  readonly length: number;
  /** Of the machine in the minute before: what else it did. */
  readonly load: number;
  readonly requests: { readonly answered: number; readonly failed: number; readonly unserved: number };
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number };
  /** Age of the oldest overdue item of each chore, ten times a second. */
  readonly ages: { readonly expire: readonly number[]; readonly fold: readonly number[] };
  /** Runs by chore, and those that found nothing; the backfill's until it was complete. */
  readonly runs: Readonly<Record<ChoreName, { readonly all: number; readonly idle: number }>>;
  readonly failures: readonly string[];
  /** What had been done when the trace ended: fields deleted, views folded, films filled. */
  readonly items: { readonly fields: number; readonly views: number; readonly films: number };
  /** Films that were filled more than once. */
  readonly repeated: number;
  /** Commands that Redis executed, but for those of the looks from outside, and those that the instances sent. */
  readonly commands: number;
  readonly sent: number;
  /** CPU time of Redis, and of all instances since they were ready. */
  readonly serverTime: number;
  readonly cpu: number;
  /** When the backfill was complete, from the beginning; null when it was not. */
  readonly backfilled: number | null;
  /** After the killing: until any chore did something, and until each of expire and fold had; null when none was killed. */
  readonly gap: { readonly any: number; readonly each: number } | null;
  /** After the trace had ended and all was due: until nothing was left; null when that took too long. */
  readonly drained: number | null;
}
