import { duration, flag, group, number, oneOf, orGroup, required, share, text } from '../options/option.js';
import { isGroup, problemsOf, type AnyTable, type OptionTable } from '../options/option-table.js';

/** How a job takes part in the lottery and how its slices run. */
export interface JobOptions {
  /**
   * Share of enlistments that carry a slice of this job: 0 to 1. It is a ceiling: back-off may lower the effective rate,
   * nothing raises it. With 0 only `recruit(id)` runs the job. The rates of one recruiter must add up to at most 1. Default:
   * an equal share of the remainder that the declared rates leave, at most 0.01.
   */
  rate?: number | undefined;
  /**
   * Makes the job due once a period: ms, 100 to 2^45. A pass begins when it is due, continues slice by slice while slices
   * are `full`, and ends with the first slice that is not; the next is due one period after this one fell due. Between passes
   * the job does not run. There is one pass a period in the whole fleet, which needs `./redis`; with `scope: 'process'` there
   * is one in each process. A pass runs at least once a period, not exactly once: a slice whose report is lost is repeated.
   * Cannot be combined with `lease`, `pace` or a rate of 0.
   */
  every?: number | { ms: number; scope?: 'fleet' | 'process' | undefined } | undefined;
  /** Time that one slice may take: ms, above 0. When it is spent, the signal is aborted. Default: the recruiter's. */
  budget?: number | undefined;
  /**
   * Whether the effective rate backs off while there is nothing to do, and known work is also done between enlistments.
   * Default: the recruiter's.
   */
  adaptive?: boolean | undefined;
  /**
   * Share of wall-clock time that the slices of this job may take in this process: above 0, at most 1 (no rest between
   * its slices). Raise it for slices that mostly wait for something outside the process: the recruiter's duty cycle counts
   * only the time for which they keep the event loop busy. Default: the recruiter's.
   */
  dutyCycle?: number | undefined;
  /**
   * Limits this job to one slice at a time in the whole fleet. The lease of a slice expires after `ttl` ms, above 0. Needs
   * `./redis`. Default: no limit.
   */
  lease?: { ttl: number } | undefined;
  /**
   * Maximum slices of this job a second in the whole fleet: `perSecond` above 0, at most 2^45 ms between two slices. Needs
   * `./redis`; while Redis is unavailable, each process keeps the pace by itself. Default: no limit.
   */
  pace?: { perSecond: number } | undefined;
  /**
   * Maximum time without work (a `full` or `partial` slice in this process) before health checks report the job as
   * degraded: ms, above 0. Default: unlimited, since most jobs may have nothing to do.
   */
  expectWorkWithin?: number | undefined;
}

/** The options of a job that need a coordinator. */
export type CoordinationOptions = Pick<JobOptions, 'lease' | 'pace' | 'every'>;

/** The parts of a coordinator that a job needs, in the order in which they are checked. */
export function partsNeeded({ lease, pace, every }: CoordinationOptions): ('lease' | 'pace' | 'period')[] {
  const isOfFleet = typeof every === 'number' || (every !== undefined && every.scope !== 'process');
  return [
    ...(lease === undefined ? [] : ['lease' as const]),
    ...(pace === undefined ? [] : ['pace' as const]),
    ...(isOfFleet ? ['period' as const] : []),
  ];
}

/** Check of the rate of a job. */
export const RATE = number(
  'a number from 0 to 1 (the share of enlistments that it asks for)',
  (value) => value >= 0 && value <= 1,
);

/** Check of the id of a job, or of the name of a recruiter. */
export const JOB_ID = text(
  'a string of 1 to 512 characters that is not blank',
  (value) => value.trim() !== '' && value.length <= 512,
);

/** The shortest period: ms. With a shorter one, claiming passes would be most of the work. */
const MIN_PERIOD_MS = 100;

/** The longest time between two slices of a pace, or two passes: ms. Longer times lose precision in a double. */
const MAX_INTERVAL_MS = 2 ** 45;

/** Check of the pace of a job. */
export const PER_SECOND = number(
  'slices a second above 0, at most 2^45 ms apart',
  (value) => value > 0 && value < Infinity && 1000 / value <= MAX_INTERVAL_MS,
);

const PERIOD_MS = number(
  'milliseconds from 100 to 2^45',
  (value) => value >= MIN_PERIOD_MS && value <= MAX_INTERVAL_MS,
);

export const JOB_OPTIONS = {
  rate: RATE,
  every: orGroup(PERIOD_MS, { ms: required(PERIOD_MS), scope: oneOf(['fleet', 'process']) }),
  budget: duration(),
  adaptive: flag(),
  dutyCycle: share(),
  lease: group({ ttl: required(duration()) }, '{ ttl } in milliseconds'),
  pace: group({ perSecond: required(PER_SECOND) }, '{ perSecond }'),
  expectWorkWithin: duration(),
} satisfies OptionTable<JobOptions>;

/** All problems of the options of a job: of each option, and of their combination. */
export function jobOptionProblems(options: unknown, table: AnyTable = JOB_OPTIONS): string[] {
  return [...problemsOf(table, options), ...(isGroup(options) ? periodProblems(options) : [])];
}

function periodProblems({ every, rate, lease, pace }: JobOptions): string[] {
  if (every === undefined) return [];
  const problems: string[] = [];
  if (lease !== undefined) {
    problems.push(
      'lease is set beside every, which already allows at most one slice at a time in the fleet: leave it out',
    );
  }
  if (pace !== undefined) {
    problems.push('pace is set beside every, which decides when the job runs: leave one of them out');
  }
  if (rate === 0) {
    problems.push(
      'rate is 0 beside every, whose passes would begin nevertheless: leave the rate out, or pause the job',
    );
  }
  return problems;
}
