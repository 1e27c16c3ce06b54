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

/** How a recruiter decides. Every option has a default that suits a web service. */
export interface RecruiterOptions {
  /** `false`: everything is wired and checked, and only `recruit(id)` runs a slice. @default true */
  enabled?: boolean | undefined;
  /** Time that a slice may take: ms, above 0. @default 50 */
  budget?: number | undefined;
  /** Slices in flight in this process: a whole number from 1. @default 1 */
  concurrency?: number | undefined;
  /**
   * Share of the event loop's time that the slices of this recruiter may take in this process, and of wall-clock time
   * that those of each job may: above 0, at most 1 (no rest between slices). @default 0.05
   */
  dutyCycle?: number | undefined;
  /**
   * Event-loop utilization from which slices are held back (`low`) and at which nearly all are (`high`): 0 to 1.
   * `false`: never held back. @default \{ low: 0.4, high: 0.8 \}
   */
  load?: false | { low?: number | undefined; high?: number | undefined } | undefined;
  /**
   * Whether the rates of jobs back off while there is nothing to do, and known work is worked off between enlistments.
   * `false`: the declared rates exactly. @default true
   */
  adaptive?: boolean | undefined;
  /**
   * Mean time between looks at a job of which no work is known, where nobody enlists: ms. `false`: no such looks; work
   * that a slice has found is still worked off where the job is adaptive, and passes of `every` run when they are due.
   * Default: 30 s. Where the fleet shares the work (`every`, `lease`, `pace`, the structures of `./redis`) it is 30 s times
   * the square root of the number of processes, at most 2 min, and at least 0.4 s times that number. In a process with more
   * than 50 jobs it is at least 0.6 s times the number of jobs.
   */
  idle?: false | { interval?: number | undefined } | undefined;
  /** How long `close()` waits for slices in flight before it aborts them: ms, 0 or more. @default 5000 */
  shutdownGrace?: number | undefined;
  /**
   * Of its budgets, how many a slice may go on for before it counts as stuck, having ignored its signal: the log names
   * the job once, and the health indicator is degraded. A stuck slice keeps its place in flight. From 1. @default 100
   */
  stuckAfter?: number | undefined;
  /** Rates that override the declared ones, by job id, whenever such a job is installed. @default none */
  rates?: Record<string, number> | undefined;
  /** The source of chance. @default Math.random */
  random?: Random | undefined;
  /** Time and timers. @default performance.now and unref'd timers */
  clock?: Clock | undefined;
}

/** Options with nothing left open. */
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

/** The source of chance, wherever one can be given. */
export const RANDOM = methods(['next'], systemRandom, 'an object with a method next()');

/** A clock, wherever one can be given. */
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

/** Fills in the defaults. Expects options without problems. */
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
