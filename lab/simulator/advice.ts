import { adviseRate, type RateAdvice } from '../../lib/fleet/advice/rate-advice.js';
import { simulate } from './figures.js';
import type { RunRecord } from './record.js';
import { TRACES } from './traces.js';
import { JOBS, type SimulatedJob } from './world.js';

/** What the experiment varies. */
export interface AdviceExperiment {
  readonly processes: number;
  readonly traces: readonly string[];
  readonly seed: number;
}

interface Run {
  readonly record: RunRecord;
  readonly advice: readonly RateAdvice[];
}

/** Rates are set so many times too high. */
const FACTORS = [0.01, 0.1, 1, 10, 100];

/**
 * Mis-sets all rates, lets the fleet run, asks the adviser, does what it says, lets the fleet run again on other random
 * numbers, and asks once more. Prints a line for each job; returns how often the second advice was the opposite.
 */
export function adviseMisSet({ processes, traces, seed }: AdviceExperiment): number {
  let reversals = 0;
  for (const trace of traces) {
    for (const factor of FACTORS) {
      const jobs = JOBS.map((job) => ({ ...job, rate: Math.min(1 / JOBS.length, job.rate * factor) }));
      const before = run(trace, processes, jobs, seed);
      const adjusted = jobs.map((job, index) => ({ ...job, rate: before.advice[index]!.suggested }));
      const after = run(trace, processes, adjusted, seed + 1);
      console.log(`\n${trace}, rates × ${factor}`);
      console.log(table(jobs, adjusted, before, after, TRACES[trace]!().warmUp));
      reversals += before.advice.filter((first, job) => isReversed(first, after.advice[job]!)).length;
    }
  }
  return reversals;
}

function run(trace: string, processes: number, jobs: readonly SimulatedJob[], seed: number): Run {
  const { record } = simulate({ policy: 'ours', trace, processes, jobs, seed });
  const { seconds, warmUp } = TRACES[trace]!();
  const sum = jobs.reduce((total, { rate }) => total + rate, 0);
  const advice = jobs.map(({ rate }, job) => {
    const { counts, gatedBy, items, duration, backlog } = record.tallies[job]!;
    const slices = counts.full + counts.partial + counts.idle + counts.failed;
    return adviseRate({
      seconds: seconds - warmUp,
      enlistments: record.enlistments,
      counts,
      gatedBy,
      items,
      rate,
      room: 1 - (sum - rate),
      processes,
      backlog,
      sliceDuration: slices > 0 ? duration / slices : undefined,
      budget: 50,
    });
  });
  return { record, advice };
}

function isReversed(first: RateAdvice, second: RateAdvice): boolean {
  const verdicts = new Set([first.verdict, second.verdict]);
  return verdicts.has('too-low') && verdicts.has('too-high');
}

function table(
  jobs: readonly SimulatedJob[],
  adjusted: readonly SimulatedJob[],
  before: Run,
  after: Run,
  warmUp: number,
): string {
  const rows = jobs.map(({ id, rate }, job) => [
    id,
    `${figure(rate)} → ${figure(adjusted[job]!.rate)}`,
    `${before.advice[job]!.verdict} → ${after.advice[job]!.verdict}`,
    both(before, after, ({ record }) => lag(record, job, warmUp, 0.5)),
    both(before, after, ({ record }) => lag(record, job, warmUp, 0.99)),
    both(before, after, ({ record }) => String(record.tallies[job]!.counts.idle)),
    both(before, after, ({ record }) => String(slicesOf(record, job))),
    before.advice[job]!.reason,
  ]);
  const head = ['job', 'rate', 'verdict', 'lag p50, s', 'lag p99, s', 'idle looks', 'slices', 'reason'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function both(before: Run, after: Run, of: (run: Run) => string): string {
  return `${of(before)} → ${of(after)}`;
}

function slicesOf(record: RunRecord, job: number): number {
  const { gated: _gated, ...outcomes } = record.tallies[job]!.counts;
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

function lag(record: RunRecord, job: number, warmUp: number, share: number): string {
  const sorted = record.lagByJob[job]!.slice(warmUp).sort();
  return String(sorted[Math.ceil(share * sorted.length) - 1]);
}

function figure(rate: number): string {
  return String(Number(rate.toPrecision(2)));
}
