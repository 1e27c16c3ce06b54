import type { Clock } from '../time/clock.js';
import { describeValue } from '../options/describe-value.js';
import {
  duration,
  flag,
  group,
  hasMethods,
  integer,
  inTurn,
  methods,
  number,
  option,
  orFalse,
  range,
  share,
} from '../options/option.js';
import { isGroup, withDefaults, type Mistake, type OptionTable } from '../options/option-table.js';
import type { LoadRamp } from './gates/load.gate.js';
import { RATE } from './job-options.js';
import type { Random } from './random.js';
import { systemClock } from '../time/clock.js';
import { systemRandom } from './random.js';

/** Options of a recruiter. Every option has a default that suits a web service. */
export interface RecruiterOptions {
  /** With `false` everything is set up and checked, but only `recruit(id)` runs slices. @default true */
  enabled?: boolean | undefined;
  /** Time that a slice may take, unless its job sets another: ms, above 0. @default 50 */
  budget?: number | undefined;
  /** Concurrency slots: maximum slices in flight in this process, an integer from 1. @default 1 */
  concurrency?: number | undefined;
  /**
   * Share of the event loop's time that all slices of this recruiter may take in this process, and share of wall-clock time
   * that the slices of each job may take: above 0, at most 1 (no rest between slices). @default 0.05
   */
  dutyCycle?: number | undefined;
  /**
   * Event-loop utilization above which slices are held back (`low`), and at which nearly all are (`high`): 0 to 1.
   * With `false` slices are never held back for load. @default \{ low: 0.4, high: 0.8 \}
   */
  load?: false | { low?: number | undefined; high?: number | undefined } | undefined;
  /**
   * Whether the effective rates of jobs back off while there is nothing to do, and known work is also done between
   * enlistments. With `false` jobs keep their declared rates. Default for jobs that do not set it. @default true
   */
  adaptive?: boolean | undefined;
  /**
   * Mean time between two runs of a job without known work when no enlistment draws it: `interval` in ms, above 0. With
   * `false` there are no such runs; work that a slice has found is still done if the job is adaptive, and passes of `every`
   * run when they are due. Default: 30 s. For work that the fleet shares (`every`, `lease`, `pace`, the structures of
   * `./redis`) it is 30 s times the square root of the number of processes, at most 2 min, and at least 0.4 s times that
   * number. In a process with more than 50 jobs it is at least 0.6 s times the number of jobs.
   */
  idle?: false | { interval?: number | undefined } | undefined;
  /** Time for which `close()` waits for slices in flight before it aborts them: ms, 0 or more. @default 5000 */
  shutdownGrace?: number | undefined;
  /**
   * Number of budgets, from 1, after which a slice that ignores its signal counts as stuck: the log names the job once, and
   * the health indicator is degraded. A stuck slice keeps its concurrency slot. @default 100
   */
  stuckAfter?: number | undefined;
  /** Rates by job id, 0 to 1, that override the declared ones whenever such a job is installed. @default none */
  rates?: Record<string, number> | undefined;
  /** Source of random numbers. @default Math.random */
  random?: Random | undefined;
  /** Time and timers. @default performance.now and unref'd timers */
  clock?: Clock | undefined;
}

/** Options with all defaults applied. */
export interface ResolvedOptions {
  readonly enabled: boolean;
  readonly budget: number;
  readonly concurrency: number;
  readonly dutyCycle: number;
  readonly load: false | LoadRamp;
  readonly adaptive: boolean;
  readonly idle: false | { readonly interval: number | undefined };
  readonly shutdownGrace: number;
  readonly stuckAfter: number;
  readonly rates: ReadonlyMap<string, number>;
  readonly random: Random;
  readonly clock: Clock;
}

const DEFAULT_RAMP: LoadRamp = { low: 0.4, high: 0.8 };

/** Option of a source of random numbers. */
export const RANDOM = methods(['next'], systemRandom, 'an object with a method next()');

/** Option of a clock. */
export const CLOCK = option(
  'an object with a method now(), and maybe after() and timestamp()',
  (value) =>
    hasMethods(value, ['now']) &&
    ['after', 'timestamp'].every(
      (name) => Reflect.get(Object(value), name) === undefined || hasMethods(value, [name]),
    ),
  systemClock,
);

export const RECRUITER_OPTIONS = {
  enabled: flag(true),
  budget: duration(50),
  concurrency: integer(1, undefined, 1),
  dutyCycle: share(0.05),
  load: orFalse(
    inTurn(
      group({ low: range(0, 1), high: range(0, 1) }, 'false or { low, high }'),
      option('0 <= low <= high <= 1 (event-loop utilization)', (load) => {
        const { low, high } = rampOf(load as Partial<LoadRamp>);
        return low <= high;
      }),
    ),
  ),
  adaptive: flag(true),
  idle: orFalse(group({ interval: duration() }, 'false or { interval }')),
  shutdownGrace: duration(5000, '0 or more'),
  stuckAfter: number('a number of budgets from 1', (value) => value >= 1 && value < Infinity, 100),
  rates: { fallback: undefined, mistakes: ratesMistakes },
  random: RANDOM,
  clock: CLOCK,
} satisfies OptionTable<RecruiterOptions>;

/** Applies the defaults. The options must have been checked. */
export function resolveOptions(options: RecruiterOptions): ResolvedOptions {
  const { load = {}, idle = {}, rates = {}, ...others } = withDefaults(RECRUITER_OPTIONS, options);
  return {
    ...others,
    load: load && rampOf(load),
    idle: idle && { interval: idle.interval },
    rates: new Map(Object.entries(rates)),
  };
}

function rampOf({
  low = DEFAULT_RAMP.low,
  high,
}: {
  low?: number | undefined;
  high?: number | undefined;
}): LoadRamp {
  return { low, high: high ?? Math.max(DEFAULT_RAMP.high, low) };
}

function ratesMistakes(name: string, rates: unknown): Mistake[] {
  if (!isGroup(rates)) return option('an object of rates by job id', isGroup).mistakes(name, rates);
  return Object.entries(rates).flatMap(([id, rate]) =>
    RATE.mistakes(`${name}[${describeValue(id)}]: rate`, rate),
  );
}
