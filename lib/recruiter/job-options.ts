import { duration, flag, group, number, oneOf, orGroup, required, share, text } from '../options/option.js';
import { isGroup, problemsOf, type AnyTable, type OptionTable } from '../options/option-table.js';

/** How a job takes part in the lottery and how its slices run. */
export interface JobOptions {
  /**
   * Share of enlistments that carry a slice of this job: 0 to 1. A ceiling: back-off may take less, nothing takes
   * more. 0 declares the job without ever running it by itself. The rates of one recruiter add up to 1 at most. Default:
   * an equal share of what the declared rates leave, 0.01 at most.
   */
  rate?: number | undefined;
  /**
   * Makes the job due once a period: ms, 100 to 2^45. A pass begins when it is due, goes on slice by slice while slices are
   * `full`, and ends with the first that is not; the next is due one period after this one fell due. Between passes the job
   * does not run. The period is the whole fleet's, which needs `./redis`; with `scope: 'process'` it is each process's own.
   * At least once a period, not exactly once: a slice whose report is lost is repeated. Not beside `lease`, `pace` or a rate
   * of 0.
   */
  every?: number | { ms: number; scope?: 'fleet' | 'process' | undefined } | undefined;
  /** Time that one slice may take: ms, above 0. When it is spent the signal aborts. Default: the recruiter's. */
  budget?: number | undefined;
  /**
   * Whether the rate backs off while there is nothing to do, and known work is worked off between enlistments. Default:
   * the recruiter's.
   */
  adaptive?: boolean | undefined;
  /**
   * Share of wall-clock time that the slices of this job may take in this process: above 0, at most 1 (no rest between
   * its slices). Raise it where slices mostly wait for something outside the process: the recruiter's duty cycle counts
   * only the time in which they keep the event loop busy. Default: the recruiter's.
   */
  dutyCycle?: number | undefined;
  /** At most one slice of this job in the whole fleet at a time, held for at most `ttl` ms. Needs `./redis`. */
  lease?: { ttl: number } | undefined;
  /**
   * Maximum slices of this job a second in the whole fleet: above 0, at most 2^45 ms apart. Needs `./redis`; while Redis
   * is away each process keeps to it alone.
   */
  pace?: { perSecond: number } | undefined;
  /**
   * How long it may go without doing work (a `full` or `partial` slice in this process) before health checks call it
   * unwell: ms, above 0. Default: any time, since most jobs may have nothing to do.
   */
  expectWorkWithin?: number | undefined;
}

/** What a job asks a coordinator for. */
export type CoordinationOptions = Pick<JobOptions, 'lease' | 'pace' | 'every'>;

/** What is asked of a coordinator, in the order in which jobs are checked. */
export function partsNeeded({ lease, pace, every }: CoordinationOptions): ('lease' | 'pace' | 'period')[] {
  const isOfFleet = typeof every === 'number' || (every !== undefined && every.scope !== 'process');
  return [
    ...(lease === undefined ? [] : ['lease' as const]),
    ...(pace === undefined ? [] : ['pace' as const]),
    ...(isOfFleet ? ['period' as const] : []),
  ];
}

/** The rate of a job. */
export const RATE = number(
  'a number from 0 to 1 (the share of enlistments that it asks for)',
  (value) => value >= 0 && value <= 1,
);

/** The id of a job, or the name of a recruiter. */
export const JOB_ID = text(
  'a string of 1 to 512 characters that is not blank',
  (value) => value.trim() !== '' && value.length <= 512,
);

/** The shortest period: ms. Below, the questions for passes would be the work. */
const MIN_PERIOD_MS = 100;

/** The longest time between two slices of a pace, or two passes: ms. More cannot be told from never, and is lost in a double's digits. */
const MAX_INTERVAL_MS = 2 ** 45;

/** The pace of a job. */
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

/** Everything that is wrong with the options of a job, each by itself and all together. */
export function jobOptionProblems(options: unknown, table: AnyTable = JOB_OPTIONS): string[] {
  return [...problemsOf(table, options), ...(isGroup(options) ? periodProblems(options) : [])];
}

function periodProblems({ every, rate, lease, pace }: JobOptions): string[] {
  if (every === undefined) return [];
  const problems: string[] = [];
  if (lease !== undefined) {
    problems.push(
      'lease is set beside every, which lets at most one slice run at a time in the fleet: leave it out',
    );
  }
  if (pace !== undefined) {
    problems.push('pace is set beside every, which says when the job runs: leave one of them out');
  }
  if (rate === 0) {
    problems.push(
      'rate is 0 beside every, and a pass would begin nevertheless: leave the rate out, or pause the job',
    );
  }
  return problems;
}
