import { adviseRate, type RateAdvice } from './advice/rate-advice.js';
import { measure, type RateFacts, type RateReading } from './advice/rate-facts.js';
import { OUTCOMES } from '../recruiter/outcome.js';
import { perOutcome } from '../recruiter/record/per-outcome.js';
import type { Clock } from '../time/clock.js';
import type { JobSum } from './job-sum.js';

/** Advice is about so long at most: ms. What was so before says little about the rate that is needed now. */
const WINDOW = 600_000;
/** Readings closer than this are not kept: ms. */
const SPACING = 30_000;

/** What is known of a job besides what is counted. */
export interface Circumstances extends Pick<RateFacts, 'rate' | 'room' | 'paused'> {
  /** Whether somebody set its rate while it ran: what it did before says nothing of that rate. */
  readonly wasSet: boolean;
  readonly backlog: number | undefined;
}

/** How its recruiter decides, where it is not as by default. */
export type Defaults = Pick<RateFacts, 'dutyCycle' | 'adaptive' | 'interval'>;

interface Reading extends RateReading {
  readonly backlog: number | undefined;
}

interface History {
  /** The rate of all its readings. */
  readonly rate: number;
  /** Whether it had another rate before. */
  readonly wasSet: boolean;
  readonly readings: readonly Reading[];
}

/** Remembers what was counted when somebody looked, and advises on rates by what happened since. */
export class RateHistory {
  readonly #jobs = new Map<string, History>();

  constructor(
    private readonly clock: Required<Clock>,
    private readonly defaults: Defaults = {},
  ) {}

  /** By what was seen since the first look; where that is too little, by all that its processes did. */
  advise(sum: JobSum, known: Circumstances): RateAdvice {
    const now: Reading = { ...readingOf(sum, this.clock.now()), backlog: known.backlog };
    const { readings, wasSet } = this.#remember(sum.key, now, known);
    const seen = this.#judge(sum, known, readings[0]!, now);
    if (seen.verdict !== 'unknown' || wasSet) return seen;
    return this.#judge(sum, known, this.#beginning(sum, now), now);
  }

  /** Forgets all other jobs: ids may be made up at run time. */
  keep(sums: readonly JobSum[]): void {
    const alive = new Set(sums.map(({ key }) => key));
    for (const key of this.#jobs.keys()) if (!alive.has(key)) this.#jobs.delete(key);
  }

  #judge(sum: JobSum, { rate, room, paused }: Circumstances, before: Reading, now: Reading): RateAdvice {
    const isTold = before.backlog !== undefined && now.backlog !== undefined;
    const { seconds, enlistments, counts, gatedBy, items } = measure(before, now);
    const { dutyCycle, adaptive, interval } = this.defaults;
    // Written out: spreads take several times as long, and there may be thousands of jobs.
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
      backlog: isTold ? { before: before.backlog, after: now.backlog } : undefined,
      sliceDuration: sum.durations?.mean,
      budget: sum.first.budget,
    });
  }

  #remember(key: string, now: Reading, { rate, wasSet }: Circumstances): History {
    const before = this.#jobs.get(key);
    const last = before?.readings.at(-1);
    const isOther = before !== undefined && before.rate !== rate;
    // Counts shrink when a process has gone: what is left cannot be compared with what was.
    const isAnew =
      isOther || last === undefined || OUTCOMES.some((outcome) => now.counts[outcome] < last.counts[outcome]);
    const readings = isAnew ? [now] : kept(before?.readings ?? [], now);
    const history = { rate, wasSet: wasSet || isOther || (before?.wasSet ?? false), readings };
    this.#jobs.set(key, history);
    return history;
  }

  /** All was 0 when the processes began, at some mean time. */
  #beginning(sum: JobSum, now: Reading): Reading {
    const age = Math.max(0, this.clock.timestamp() - sum.meanSince);
    const counts = perOutcome(() => 0);
    return { at: now.at - age, enlistments: 0, counts, gatedBy: {}, items: 0, backlog: undefined };
  }
}

function readingOf({ counts, gatedBy, gatedLooks, items, enlistments }: JobSum, at: number): RateReading {
  return { at, enlistments, counts, gatedBy, gatedLooks, items };
}

/** The oldest that is kept is the one at the beginning of the window. */
function kept(readings: readonly Reading[], now: Reading): readonly Reading[] {
  const begin = Math.max(
    0,
    readings.findLastIndex(({ at }) => now.at - at >= WINDOW),
  );
  const rest = readings.slice(begin);
  return now.at - rest.at(-1)!.at >= SPACING ? [...rest, now] : rest;
}
