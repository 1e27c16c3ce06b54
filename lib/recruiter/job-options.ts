import { describeValue } from './describe-value.js';
import { paceProblem } from './pace.js';
import { unknownOptionProblems } from './unknown-options.js';

/** How a job takes part in the lottery and how its slices run. */
export interface JobOptions {
  /**
   * Share of enlistments that carry a slice of this job: 0 to 1. A ceiling: back-off may take less, nothing takes
   * more. 0 declares the job without ever drawing it. The rates of one recruiter add up to 1 at most.
   */
  rate: number;
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

/** The names of all {@link JobOptions}. */
export const JOB_OPTIONS: ReadonlySet<string> = new Set(
  Object.keys({
    rate: true,
    budget: true,
    adaptive: true,
    dutyCycle: true,
    lease: true,
    pace: true,
    expectWorkWithin: true,
  } satisfies Record<keyof JobOptions, true>),
);

const LEASE_OPTIONS = new Set(['ttl']);
const PACE_OPTIONS = new Set(['perSecond']);

/** The largest number of ms that a timer can wait. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What is wrong with a rate, in words that quote it; undefined when nothing is. */
export function rateProblem(rate: unknown): string | undefined {
  if (typeof rate === 'number' && rate >= 0 && rate <= 1) return undefined;
  return `rate is ${describeValue(rate)}; expected a number from 0 to 1 (the share of enlistments that it asks for)`;
}

/** What is wrong with a time in ms; undefined when nothing is. */
export function durationProblem(name: string, value: unknown, least = 'above 0'): string | undefined {
  if (typeof value === 'number' && value > 0 && value <= LONGEST_TIMER) return undefined;
  return `${name} is ${describeValue(value)}; expected milliseconds ${least}, at most ${LONGEST_TIMER}`;
}

/** What is wrong with a switch; undefined when nothing is. */
export function switchProblem(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'boolean') return undefined;
  return `${name} is ${describeValue(value)}; expected true or false`;
}

/** What is wrong with a duty cycle; undefined when nothing is. */
export function dutyCycleProblem(value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'number' && value > 0 && value <= 1)) return undefined;
  return `dutyCycle is ${describeValue(value)}; expected a number above 0, at most 1`;
}

/** What is wrong with the id of a job, or the name of a recruiter; undefined when nothing is. */
export function idProblem(id: unknown, name = 'id'): string | undefined {
  if (typeof id === 'string' && id.trim() !== '' && id.length <= 512) return undefined;
  return `${name} is ${describeValue(id)}; expected a text of 1 to 512 characters that is not blank`;
}

/** Everything that is wrong with a job's options, one sentence each. */
export function jobOptionProblems(options: JobOptions): string[] {
  const { rate, budget, adaptive, dutyCycle, lease, pace, expectWorkWithin } = options;
  const problems = [rateProblem(rate)];
  if (budget !== undefined) problems.push(durationProblem('budget', budget));
  problems.push(switchProblem('adaptive', adaptive));
  problems.push(dutyCycleProblem(dutyCycle));
  if (lease !== undefined) problems.push(...leaseProblems(lease));
  if (pace !== undefined) problems.push(...paceProblems(pace));
  if (expectWorkWithin !== undefined) problems.push(durationProblem('expectWorkWithin', expectWorkWithin));
  return problems.filter((problem) => problem !== undefined);
}

function leaseProblems(lease: unknown): (string | undefined)[] {
  if (typeof lease !== 'object' || lease === null) {
    return [`lease is ${describeValue(lease)}; expected { ttl } in milliseconds`];
  }
  const { ttl } = lease as { ttl?: unknown };
  return [...unknownOptionProblems(lease, LEASE_OPTIONS, 'of lease: '), durationProblem('lease.ttl', ttl)];
}

function paceProblems(pace: unknown): (string | undefined)[] {
  if (typeof pace !== 'object' || pace === null) return [paceProblem(pace)];
  return [...unknownOptionProblems(pace, PACE_OPTIONS, 'of pace: '), paceProblem(pace)];
}
