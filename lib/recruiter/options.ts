import type { Clock } from './clock.js';
import { describeValue } from './describe-value.js';
import type { LoadRamp } from './gates/index.js';
import { durationProblem, dutyCycleProblem, rateProblem, switchProblem } from './job-options.js';
import type { Random } from './random.js';
import { systemClock } from './clock.js';
import { systemRandom } from './random.js';
import { unknownOptionProblems } from './unknown-options.js';

/** How a recruiter decides. Every option has a default that suits a web service. */
export interface RecruiterOptions {
  /** `false`: everything is wired and checked, but no enlistment is ever recruited. @default true */
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
   * that a slice has found is still worked off where the job is adaptive. @default \{ interval: 120_000 \}
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
  readonly idle: false | { readonly interval: number };
  readonly shutdownGrace: number;
  readonly stuckAfter: number;
  readonly rates: ReadonlyMap<string, number>;
  readonly random: Random;
  readonly clock: Clock;
}

const DEFAULT_RAMP: LoadRamp = { low: 0.4, high: 0.8 };
const DEFAULT_INTERVAL = 120_000;

/** Fills in the defaults. Expects options without {@link optionProblems}. */
export function resolveOptions(options: RecruiterOptions): ResolvedOptions {
  const { load = {}, idle = {} } = options;
  return {
    enabled: options.enabled ?? true,
    budget: options.budget ?? 50,
    concurrency: options.concurrency ?? 1,
    dutyCycle: options.dutyCycle ?? 0.05,
    load: load && {
      low: load.low ?? DEFAULT_RAMP.low,
      high: load.high ?? Math.max(DEFAULT_RAMP.high, load.low ?? 0),
    },
    adaptive: options.adaptive ?? true,
    idle: idle && { interval: idle.interval ?? DEFAULT_INTERVAL },
    shutdownGrace: options.shutdownGrace ?? 5000,
    stuckAfter: options.stuckAfter ?? 100,
    rates: new Map(Object.entries(options.rates ?? {})),
    random: options.random ?? systemRandom,
    clock: options.clock ?? systemClock,
  };
}

const KNOWN_OF_LOAD = new Set<string>(['low', 'high'] satisfies (keyof LoadRamp)[]);
const KNOWN_OF_IDLE = new Set(['interval']);
const KNOWN = new Set<string>([
  'enabled',
  'budget',
  'concurrency',
  'dutyCycle',
  'load',
  'adaptive',
  'idle',
  'shutdownGrace',
  'stuckAfter',
  'rates',
  'random',
  'clock',
] satisfies (keyof RecruiterOptions)[]);

/** Everything that is wrong with a recruiter's options, one sentence each, with the value. */
export function optionProblems(options: RecruiterOptions): string[] {
  if (!isGroup(options)) return [`options are ${describeValue(options)}; expected an object`];
  const { budget, concurrency, dutyCycle, shutdownGrace, stuckAfter, rates, random, clock } = options;
  return [
    ...unknownOptionProblems(options, KNOWN),
    switchProblem('enabled', options.enabled),
    switchProblem('adaptive', options.adaptive),
    budget === undefined ? undefined : durationProblem('budget', budget),
    shutdownGrace === undefined || shutdownGrace === 0
      ? undefined
      : durationProblem('shutdownGrace', shutdownGrace, '0 or more'),
    concurrency === undefined || (Number.isSafeInteger(concurrency) && concurrency >= 1)
      ? undefined
      : `concurrency is ${describeValue(concurrency)}; expected a whole number from 1`,
    stuckAfter === undefined || (typeof stuckAfter === 'number' && stuckAfter >= 1 && stuckAfter < Infinity)
      ? undefined
      : `stuckAfter is ${describeValue(stuckAfter)}; expected a number of budgets from 1`,
    dutyCycleProblem(dutyCycle),
    ...loadProblems(options.load),
    ...idleProblems(options.idle),
    ...ratesProblems(rates),
    random === undefined || typeof random?.next === 'function'
      ? undefined
      : `random is ${describeValue(random)}; expected an object with a method next()`,
    clock === undefined || isClock(clock)
      ? undefined
      : `clock is ${describeValue(clock)}; expected an object with a method now(), and maybe after() and timestamp()`,
  ].filter((problem) => problem !== undefined);
}

/** Whether options can be read from a value; what lists and maps hold would be ignored without a word. */
function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function isClock(clock: Partial<Clock> | null): boolean {
  const isMethod = (method: unknown) => typeof method === 'function';
  return (
    isMethod(clock?.now) &&
    [clock?.after, clock?.timestamp].every((method) => method === undefined || isMethod(method))
  );
}

function isShare(value: unknown, least: number): boolean {
  return typeof value === 'number' && value >= least && value <= 1;
}

function loadProblems(load: unknown): string[] {
  if (load === undefined || load === false) return [];
  if (!isGroup(load)) return [`load is ${describeValue(load)}; expected false or { low, high }`];
  const unknown = unknownOptionProblems(load, KNOWN_OF_LOAD, 'of load: ');
  const { low = DEFAULT_RAMP.low, high } = load as Partial<LoadRamp>;
  if (isShare(low, 0) && (high === undefined || (isShare(high, 0) && high >= low))) return unknown;
  return [
    ...unknown,
    `load is ${describeValue(load)}; expected 0 <= low <= high <= 1 (event-loop utilization)`,
  ];
}

function idleProblems(idle: unknown): string[] {
  if (idle === undefined || idle === false) return [];
  if (!isGroup(idle)) return [`idle is ${describeValue(idle)}; expected false or { interval }`];
  const { interval } = idle as { interval?: unknown };
  const problem = interval === undefined ? undefined : durationProblem('idle.interval', interval);
  const unknown = unknownOptionProblems(idle, KNOWN_OF_IDLE, 'of idle: ');
  return problem === undefined ? unknown : [...unknown, problem];
}

function ratesProblems(rates: unknown): string[] {
  if (rates === undefined) return [];
  if (!isGroup(rates)) return [`rates is ${describeValue(rates)}; expected an object of rates by job id`];
  return Object.entries(rates).flatMap(([id, rate]) => {
    const problem = rateProblem(rate);
    return problem === undefined ? [] : [`rates[${describeValue(id)}]: ${problem}`];
  });
}
