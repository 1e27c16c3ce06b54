import { adviseRate, type RateAdvice } from './advice/rate-advice.js';
import { measure, type RateFacts, type RateReading } from './advice/rate-facts.js';
import { OUTCOMES } from '../recruiter/outcome.js';
import { perOutcome } from '../recruiter/record/per-outcome.js';
import type { Clock } from '../time/clock.js';
import type { JobSum } from './fleet-sum.js';

/** Maximum time that advice is based on: earlier readings say little about the rate that is needed now. */
const WINDOW_MS = 600_000;
/** Minimum time between readings that are kept. */
const SPACING_MS = 30_000;

/** The state of a job beside its counters. */
export interface RateState extends Pick<RateFacts, 'rate' | 'room' | 'paused'> {
  /** Whether its rate is an override: counts from before the override say nothing about it. */
  readonly wasSet: boolean;
  readonly backlog: number | undefined;
}

/** Options of the recruiter that differ from the defaults. */
export type Defaults = Pick<RateFacts, 'dutyCycle' | 'adaptive' | 'interval'>;

interface Reading extends RateReading {
  readonly backlog: number | undefined;
}

interface History {
  /** The rate at all its readings. */
  readonly rate: number;
  /** Whether the job had another rate before. */
  readonly wasSet: boolean;
  readonly readings: readonly Reading[];
}

/** Keeps a reading of the counters of each call, and advises on rates by what happened since. */
export class RateHistory {
  readonly #jobs = new Map<string, History>();

  constructor(
    private readonly clock: Required<Clock>,
    private readonly defaults: Defaults = {},
  ) {}

  /** Judges by the readings since the first call, or, where these are too few, since the processes started. */
  advise(sum: JobSum, known: RateState): RateAdvice {
    const now: Reading = { ...readingOf(sum, this.clock.now()), backlog: known.backlog };
    const { readings, wasSet } = this.#remember(sum.key, now, known);
    const seen = this.#judge(sum, known, readings[0]!, now);
    if (seen.verdict !== 'unknown' || wasSet) return seen;
    return this.#judge(sum, known, this.#beginning(sum, now), now);
  }

  /** Forgets all other jobs: job IDs may be created at run time. */
  keep(sums: readonly JobSum[]): void {
    const alive = new Set(sums.map(({ key }) => key));
    for (const key of this.#jobs.keys()) if (!alive.has(key)) this.#jobs.delete(key);
  }

  #judge(sum: JobSum, { rate, room, paused }: RateState, before: Reading, now: Reading): RateAdvice {
    const hasBacklog = before.backlog !== undefined && now.backlog !== undefined;
    const { seconds, enlistments, counts, gatedBy, items } = measure(before, now);
    const { dutyCycle, adaptive, interval } = this.defaults;
    // Written out, since spreads take several times as long and there may be thousands of jobs.
    return adviseRate({
      seconds,
      enlistments,
      counts,
      gatedBy,
      items,
      dutyCycle,
      adaptive,
      interval,
      rate,
      room,
      paused,
      processes: sum.processes,
      backlog: hasBacklog ? { before: before.backlog, after: now.backlog } : undefined,
      sliceDuration: sum.durations?.mean,
      budget: sum.first.budget,
    });
  }

  #remember(key: string, now: Reading, { rate, wasSet }: RateState): History {
    const before = this.#jobs.get(key);
    const last = before?.readings.at(-1);
    const isNewRate = before !== undefined && before.rate !== rate;
    // Counts shrink when a process has left: they cannot be compared with those of before.
    const startsOver =
      isNewRate ||
      last === undefined ||
      OUTCOMES.some((outcome) => now.counts[outcome] < last.counts[outcome]);
    const readings = startsOver ? [now] : kept(before?.readings ?? [], now);
    const history = { rate, wasSet: wasSet || isNewRate || (before?.wasSet ?? false), readings };
    this.#jobs.set(key, history);
    return history;
  }

  /** A reading of 0 at the mean time at which the processes started. */
  #beginning(sum: JobSum, now: Reading): Reading {
    const age = Math.max(0, this.clock.timestamp() - sum.meanSince);
    const counts = perOutcome(() => 0);
    return { at: now.at - age, enlistments: 0, counts, gatedBy: {}, items: 0, backlog: undefined };
  }
}

function readingOf({ counts, gatedBy, gatedLooks, items, enlistments }: JobSum, at: number): RateReading {
  return { at, enlistments, counts, gatedBy, gatedLooks, items };
}

/** The readings to keep: the latest one from before the window, and those within it. */
function kept(readings: readonly Reading[], now: Reading): readonly Reading[] {
  const begin = Math.max(
    0,
    readings.findLastIndex(({ at }) => now.at - at >= WINDOW_MS),
  );
  const rest = readings.slice(begin);
  return now.at - rest.at(-1)!.at >= SPACING_MS ? [...rest, now] : rest;
}
