import { duration, flag, group, number, required, share, text } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';

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

/** What a job asks a coordinator for. */
export type CoordinationOptions = Pick<JobOptions, 'lease' | 'pace'>;

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

/** The longest time between two slices of a pace: ms. More cannot be told from never, and is lost in a double's digits. */
const MAX_INTERVAL_MS = 2 ** 45;

/** The pace of a job. */
export const PER_SECOND = number(
  'slices a second above 0, at most 2^45 ms apart',
  (value) => value > 0 && value < Infinity && 1000 / value <= MAX_INTERVAL_MS,
);

export const JOB_OPTIONS = {
  rate: required(RATE),
  budget: duration(),
  adaptive: flag(),
  dutyCycle: share(),
  lease: group({ ttl: required(duration()) }, '{ ttl } in milliseconds'),
  pace: group({ perSecond: required(PER_SECOND) }, '{ perSecond }'),
  expectWorkWithin: duration(),
} satisfies OptionTable<JobOptions>;
