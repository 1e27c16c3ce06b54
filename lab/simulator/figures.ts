import type { RecruiterOptions } from '../../lib/recruiter/options.js';
import { Fleet, type Scenario } from './fleet.js';
import { burstLatency, type Latency } from './latency.js';
import { POLICIES } from './policies/index.js';
import type { RunRecord } from './record.js';
import { TRACES, type Span, type Trace } from './traces.js';
import { JOBS, type SimulatedJob } from './world.js';

/** What is asked of the simulator. */
export interface Request {
  readonly processes: number;
  readonly trace: string;
  readonly policy: string;
  readonly seed?: number;
  readonly rateFactor?: number;
  readonly seconds?: number;
  readonly options?: RecruiterOptions;
  /** @default the jobs of the simulated world */
  readonly jobs?: readonly SimulatedJob[];
  /** What is otherwise in the trace. */
  readonly change?: Partial<Trace>;
}

/** The figures of one run. Lag: age of the oldest waiting item of the worst job, each second, in s. */
export interface Figures {
  readonly lag: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly slices: number;
  /** Share of slices that found nothing to do. */
  readonly waste: number;
  readonly slicesPerSecond: number;
  readonly byJob: Readonly<Record<string, unknown>>;
  /** Time that requests take in bursts, and what slices add to it: ms. */
  readonly burst?: Latency | undefined;
  readonly recovery?: Recovery;
}

/** How an outage of Redis, or a stop, was got over. */
export interface Recovery {
  /** Seconds after it until lag stays under 60 s for ten minutes. */
  readonly seconds: number;
  /** Seconds after it until no more items wait than did on average in the ten minutes before. */
  readonly backlogSeconds: number;
  /** Slices/s in the hour before. */
  readonly steady: number;
  /** The most slices in one second, and the mean of the busiest ten seconds, in the hour after. */
  readonly peak: number;
  readonly peakOfTen: number;
  /** What 99 % of slices waited for Redis at most, in the hour after: ms. */
  readonly redisWait: number;
}

const RECOVERED = 60;
const CALM = 600;

/** Runs the simulator. @throws RangeError when trace or policy is not known. */
export function simulate(request: Request): { readonly figures: Figures; readonly record: RunRecord } {
  const scenario = scenarioOf(request);
  const fleet = new Fleet(scenario);
  const shares = fleet.processes.map(({ share }) => share);
  const record = fleet.run();
  const { trace } = scenario;
  const lag = record.lag.slice(trace.warmUp);
  const total = Object.values(record.outcomes).reduce((sum, count) => sum + count, 0);
  const span = trace.outage ?? trace.stop;
  const figures = {
    lag: { p50: percentile(lag, 0.5), p99: percentile(lag, 0.99), max: percentile(lag, 1) },
    slices: total,
    waste: record.outcomes.idle / total,
    slicesPerSecond: total / record.seconds,
    byJob: Object.fromEntries(fleet.jobs.map((job, index) => [job.id, record.byJob[index]])),
    burst: burstLatency(trace, shares, record.burstSlices),
  };
  return {
    figures: span === undefined ? figures : { ...figures, recovery: recoveryFrom(span, record) },
    record,
  };
}

function scenarioOf(request: Request): Scenario {
  const { processes, seed = 1, rateFactor = 1, options = {}, jobs = JOBS } = request;
  const trace = { ...known('trace', TRACES, request.trace)(), ...request.change };
  const seconds = Math.min(trace.seconds, request.seconds ?? Infinity);
  const policy = known('policy', POLICIES, request.policy);
  const bursts = trace.bursts.filter(({ to }) => to <= seconds);
  refuseCut(request.trace, trace, seconds);
  return { processes, seed, rateFactor, options, policy, jobs, trace: { ...trace, seconds, bursts } };
}

/** @throws RangeError when a run would end before there is anything to count. */
function refuseCut(name: string, { warmUp, outage, stop }: Trace, seconds: number): void {
  const least = Math.max(warmUp, (outage ?? stop)?.to ?? 0) + 1;
  if (seconds >= least) return;
  throw new RangeError(
    `${seconds} seconds are too short for the trace "${name}": it takes ${least} at least`,
  );
}

function known<T>(what: string, all: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  throw new RangeError(`Unknown ${what} "${name}"; known are ${Object.keys(all).join(', ')}`);
}

function recoveryFrom({ from, to }: Span, { lag, slices, waiting, redisWaits }: RunRecord): Recovery {
  const late = lag.findIndex((_, second) => second >= to && isCalm(lag.subarray(second, second + CALM)));
  const after = slices.slice(to, to + 3600);
  const tens = Array.from({ length: after.length - 9 }, (_, start) => mean(after.slice(start, start + 10)));
  return {
    seconds: late < 0 ? Infinity : late - to,
    backlogSeconds: secondsUntil(waiting.subarray(to), mean(waiting.subarray(from - CALM, from))),
    steady: mean(slices.slice(from - 3600, from)),
    peak: Math.max(...after),
    peakOfTen: Math.max(...tens),
    redisWait: percentile(Float64Array.from(redisWaits), 0.99),
  };
}

function secondsUntil(values: Float64Array, level: number): number {
  const index = values.findIndex((value) => value <= level);
  return index < 0 ? Infinity : index;
}

function isCalm(lag: Float64Array): boolean {
  return lag.every((age) => age < RECOVERED);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percentile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
