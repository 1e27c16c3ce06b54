import type { GateCounts, GateReason, Outcome } from '../../recruiter/outcome.js';
import { perOutcome } from '../../recruiter/record/per-outcome.js';
import type { RateFacts } from './rate-facts.js';

/** Larger amounts count as this, smaller ones as 0: sums, products and shares of them stay finite. */
const MOST = 1e15;
const LEAST = 1e-15;

/** What the facts come to. All of it is 0 or more, and finite unless said otherwise, whatever the facts are. */
export interface RateEvidence {
  readonly seconds: number;
  readonly enlistments: number;
  readonly processes: number;
  readonly rate: number;
  readonly room: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** How often the declared rate draws the job in so many enlistments. */
  readonly draws: number;
  /** Slices that were run, whoever asked for them: enlistments, the agenda or an operator. */
  readonly looks: number;
  /** The looks that found work. */
  readonly worked: number;
  /** Full slices that it would have taken for the backlog to stay as it was. */
  readonly needed: number;
  /** By how many items the backlog grew; 0 where it shrank or nobody knows. */
  readonly growth: number;
  /** Draws that back-off took away. */
  readonly backedOff: number;
  /** Draws that passed back-off: run, or held by a gate. */
  readonly attempts: number;
  /** Draws that passed back-off and were held by a gate, by which; looks of the agenda are no draws. */
  readonly heldBy: Readonly<GateCounts>;
  /** Share of the processes' time that the slices took: 0 to 1; undefined where nobody timed them. */
  readonly timeShare: number | undefined;
  /** Mean: ms; undefined where nobody timed them. */
  readonly sliceDuration: number | undefined;
  /** The rate at which drawn slices alone would take all of the duty cycle; may be Infinity. */
  readonly dutyRate: number;
  readonly dutyCycle: number;
  /** Mean time between looks at a job without known work: ms; Infinity where there are none. */
  readonly interval: number;
}

/**
 * Reads the facts: what is no number, or below 0, counts as 0. The object is written out, as that many spreads make it
 * several times slower, and a dashboard of thousands of jobs asks often.
 */
// oxlint-disable-next-line eslint/max-lines-per-function -- One line a field: there is nothing to take apart.
export function evidenceOf(facts: RateFacts): RateEvidence {
  const counts = perOutcome((outcome) => amount(facts.counts?.[outcome]));
  const seconds = amount(facts.seconds);
  const enlistments = amount(facts.enlistments);
  const processes = Math.max(1, amount(facts.processes));
  const rate = Math.min(1, amount(facts.rate));
  const worked = counts.full + counts.partial;
  const looks = worked + counts.idle + counts.aborted + counts.failed;
  const dutyCycle = Math.min(1, amount(facts.dutyCycle) || 0.05);
  const draws = enlistments * rate;
  const { needed, growth } = need(facts, { counts, worked });
  const { backedOff, attempts, heldBy } = holds(facts, looks, draws);
  const timed = time(facts, { seconds, processes, enlistments, looks, dutyCycle });
  return {
    seconds,
    enlistments,
    processes,
    rate,
    room: Math.min(1, amount(facts.room)),
    counts,
    draws,
    looks,
    worked,
    needed,
    growth,
    backedOff,
    attempts,
    heldBy,
    timeShare: timed.timeShare,
    sliceDuration: timed.sliceDuration,
    dutyRate: timed.dutyRate,
    dutyCycle,
    interval: facts.interval === false ? Infinity : amount(facts.interval) || 120_000,
  };
}

/** A full slice is worth as much as a slice with work did on average; the backlog's growth is worth so many more. */
function need(
  { backlog, items }: RateFacts,
  { counts, worked }: { counts: RateEvidence['counts']; worked: number },
): Pick<RateEvidence, 'needed' | 'growth'> {
  const before = amount(backlog?.before);
  const change = amount(backlog?.after) - before;
  const done = amount(items);
  // Of slices that count no items it is not known how many it takes: no more than as many again.
  const more = done > 0 ? (change * worked) / done : counts.full * Math.min(1, change / Math.max(1, before));
  return { needed: Math.max(0, amount(counts.full + more)), growth: Math.max(0, change) };
}

function holds(
  { gatedBy, gatedLooks }: RateFacts,
  looks: number,
  draws: number,
): Pick<RateEvidence, 'backedOff' | 'attempts' | 'heldBy'> {
  const heldBy: GateCounts = {};
  for (const [reason, count] of Object.entries(gatedBy ?? {}) as [GateReason, number][]) {
    if (reason !== 'backed-off' && reason !== 'closing') {
      heldBy[reason] = amount(amount(count) - amount(gatedLooks?.[reason]));
    }
  }
  const backedOff = amount(gatedBy?.['backed-off']);
  const held = Object.values(heldBy).reduce((sum, count) => sum + count, 0);
  // Looks of the agenda were not drawn; how many those are is known by what draws leave.
  return { backedOff, heldBy, attempts: held + Math.min(looks, Math.max(0, draws - backedOff - held)) };
}

function time(
  facts: RateFacts,
  base: Pick<RateEvidence, 'seconds' | 'processes' | 'enlistments' | 'looks' | 'dutyCycle'>,
): Pick<RateEvidence, 'timeShare' | 'dutyRate' | 'sliceDuration'> {
  const all = base.seconds * base.processes * 1000;
  const slice = amount(facts.sliceDuration);
  if (slice === 0 || all === 0) {
    return { timeShare: undefined, dutyRate: Infinity, sliceDuration: undefined };
  }
  return {
    sliceDuration: slice,
    timeShare: Math.min(1, (base.looks * slice) / all),
    dutyRate: (base.dutyCycle * all) / slice / base.enlistments,
  };
}

function amount(value: number | undefined): number {
  // Facts may come from another process: what is no number is not made one.
  return typeof value === 'number' && value >= LEAST && value < Infinity ? Math.min(value, MOST) : 0;
}
