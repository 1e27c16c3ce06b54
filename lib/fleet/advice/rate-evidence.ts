import type { GateCounts, GateReason, Outcome } from '../../recruiter/outcome.js';
import { perOutcome } from '../../recruiter/record/per-outcome.js';
import type { RateFacts } from './rate-facts.js';

/** Larger amounts count as the maximum, smaller ones as 0, so that sums, products and shares stay finite. */
const MAX_AMOUNT = 1e15;
const MIN_AMOUNT = 1e-15;

/** Quantities derived from the facts. All are 0 or more, and finite unless noted. */
export interface RateEvidence {
  readonly seconds: number;
  readonly enlistments: number;
  readonly processes: number;
  readonly rate: number;
  readonly room: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** How often these enlistments draw the job at the declared rate. */
  readonly draws: number;
  /** Slices that were run, by enlistments, the agenda or an operator. */
  readonly runs: number;
  /** Runs that found work. */
  readonly worked: number;
  /** Full slices that would have kept the backlog constant. */
  readonly needed: number;
  /** Growth of the backlog: items; 0 if it shrank or is unknown. */
  readonly growth: number;
  /** Draws that back-off suppressed. */
  readonly backedOff: number;
  /** Draws that passed back-off: run, or held back by a gate. */
  readonly attempts: number;
  /** Draws that passed back-off and were held back, by gate; runs of the agenda are not draws. */
  readonly heldBy: Readonly<GateCounts>;
  /** Share of the processes' time that slices took: 0 to 1; undefined if they were not timed. */
  readonly timeShare: number | undefined;
  /** Mean duration of a slice: ms; undefined if slices were not timed. */
  readonly sliceDuration: number | undefined;
  /** The rate at which drawn slices alone would use the whole duty cycle; may be Infinity. */
  readonly dutyRate: number;
  readonly dutyCycle: number;
  /** Mean time between the agenda's runs of a job without known work: ms; Infinity if there are none. */
  readonly interval: number;
}

/**
 * Derives the evidence from the facts; invalid numbers count as 0. The object is written out, since spreads are several
 * times slower and a dashboard may call this often for thousands of jobs.
 */
// oxlint-disable-next-line eslint/max-lines-per-function -- One line a field: there is nothing to take apart.
export function evidenceOf(facts: RateFacts): RateEvidence {
  const counts = perOutcome((outcome) => amount(facts.counts?.[outcome]));
  const seconds = amount(facts.seconds);
  const enlistments = amount(facts.enlistments);
  const processes = Math.max(1, amount(facts.processes));
  const rate = Math.min(1, amount(facts.rate));
  const worked = counts.full + counts.partial;
  const runs = worked + counts.idle + counts.aborted + counts.failed;
  const dutyCycle = Math.min(1, amount(facts.dutyCycle) || 0.05);
  const draws = enlistments * rate;
  const { needed, growth } = need(facts, { counts, worked });
  const { backedOff, attempts, heldBy } = holds(facts, runs, draws);
  const timed = time(facts, { seconds, processes, enlistments, runs, dutyCycle });
  return {
    seconds,
    enlistments,
    processes,
    rate,
    room: Math.min(1, amount(facts.room)),
    counts,
    draws,
    runs,
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

/** Full slices that were done, and those that the growth of the backlog would have taken at the mean of items a slice. */
function need(
  { backlog, items }: RateFacts,
  { counts, worked }: { counts: RateEvidence['counts']; worked: number },
): Pick<RateEvidence, 'needed' | 'growth'> {
  const before = amount(backlog?.before);
  const change = amount(backlog?.after) - before;
  const done = amount(items);
  // Without a count of items the number is unknown; it counts as at most that of the full slices done.
  const more = done > 0 ? (change * worked) / done : counts.full * Math.min(1, change / Math.max(1, before));
  return { needed: Math.max(0, amount(counts.full + more)), growth: Math.max(0, change) };
}

function holds(
  { gatedBy, gatedLooks }: RateFacts,
  runs: number,
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
  // Runs of the agenda were not drawn; draws that were neither backed off nor held back limit the number of drawn runs.
  return { backedOff, heldBy, attempts: held + Math.min(runs, Math.max(0, draws - backedOff - held)) };
}

function time(
  facts: RateFacts,
  base: Pick<RateEvidence, 'seconds' | 'processes' | 'enlistments' | 'runs' | 'dutyCycle'>,
): Pick<RateEvidence, 'timeShare' | 'dutyRate' | 'sliceDuration'> {
  const all = base.seconds * base.processes * 1000;
  const slice = amount(facts.sliceDuration);
  if (slice === 0 || all === 0) {
    return { timeShare: undefined, dutyRate: Infinity, sliceDuration: undefined };
  }
  return {
    sliceDuration: slice,
    timeShare: Math.min(1, (base.runs * slice) / all),
    dutyRate: (base.dutyCycle * all) / slice / base.enlistments,
  };
}

function amount(value: number | undefined): number {
  // Facts may come from another process, so a value of another type is possible.
  return typeof value === 'number' && value >= MIN_AMOUNT && value < Infinity
    ? Math.min(value, MAX_AMOUNT)
    : 0;
}
