import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { JobReport } from '../../fleet/process-report.js';
import { OUTCOMES, type GateCounts, type Outcome } from '../../recruiter/outcome.js';
import { perOutcome } from '../../recruiter/record/per-outcome.js';
import { keyOf } from '../../fleet/target.js';
import { rounded } from './heartbeat-codec.js';
import { countOf, listOf, objectOf, readStamped, shareOf, stringOf, timeOf, writeStamped } from './values.js';

/** Limit of the unpacked JSON of one process, against a packed value that unpacks without end: bytes. */
const MAX_UNPACKED_BYTES = 32 * 1024 * 1024;
/** Fast, and nearly as small as the best level: names and zeros repeat. */
const DEFLATE_LEVEL = 3;
const MAX_MESSAGE_LENGTH = 1000;
const MAX_STACK_LENGTH = 4000;

type Period = NonNullable<JobReport['period']>;
type Pass = NonNullable<Period['lastPass']>;
type LastError = NonNullable<JobReport['lastError']>;

const REASONS: readonly LastError['reason'][] = ['error', 'budget', 'closing', 'lease', 'late', 'warning'];

/** The jobs of a process without their errors, as lists instead of objects. */
export function writeJobs(jobs: readonly JobReport[]): string {
  return JSON.stringify(jobs.map(listed));
}

/** About 20 times smaller, as most of it repeats. */
export function pack(json: string): Buffer {
  return deflateRawSync(json, { level: DEFLATE_LEVEL });
}

/** @throws an error for any other format: TypeError, SyntaxError, or one of zlib. */
export function readJobs(packed: Buffer): JobReport[] {
  const json = inflateRawSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES }).toString();
  return listOf(JSON.parse(json)).map(readJob);
}

/** A field of the hash of errors, and its value. */
export function writeError(job: JobReport, { at, process, reason, message, stack, duration }: LastError) {
  const value = {
    process,
    reason,
    message: message.slice(0, MAX_MESSAGE_LENGTH),
    ...(stack === undefined ? {} : { stack: stack.slice(0, MAX_STACK_LENGTH) }),
    duration: Math.max(0, duration),
  };
  return [keyOf(job), writeStamped(at.getTime(), value)] as const;
}

/** @throws TypeError or SyntaxError for any other format. */
export function readError(written: string): LastError {
  const { at, value } = readStamped(written);
  const fields = objectOf(value);
  const reason = REASONS.find((known) => known === fields.reason);
  if (reason === undefined) throw new TypeError('a reason is missing');
  return {
    at: new Date(at),
    process: stringOf(fields.process),
    reason,
    message: stringOf(fields.message, MAX_MESSAGE_LENGTH),
    ...(fields.stack === undefined ? {} : { stack: stringOf(fields.stack, MAX_STACK_LENGTH) }),
    duration: countOf(fields.duration),
  };
}

function listed(job: JobReport): unknown[] {
  const { durations } = job;
  return [
    job.recruiter,
    job.id,
    job.rate,
    job.declaredRate,
    job.effectiveRate,
    job.paused ? 1 : 0,
    job.budget,
    OUTCOMES.map((outcome) => job.counts[outcome]),
    job.gatedBy,
    job.items,
    rounded(job.slicesPerSecond),
    rounded(job.itemsPerSecond),
    durations === undefined
      ? 0
      : [durations.mean, durations.p50, durations.p99, durations.max].map((duration) => rounded(duration)),
    job.lastWorkAt ?? 0,
    job.overruns,
    job.more ? 1 : 0,
    job.gatedLooks,
    job.isDefaultRate ? 1 : 0,
    job.period === undefined ? 0 : listedPeriod(job.period),
  ];
}

function listedPeriod({ every, scope, dueAt, overdueBy, lastPass }: Period): unknown[] {
  return [
    every,
    scope === 'process' ? 1 : 0,
    numberOf(dueAt),
    numberOf(overdueBy),
    lastPass === undefined ? 0 : listedPass(lastPass),
  ];
}

function listedPass({ dueAt, beganAt, endedAt, slices, done, skipped }: Pass): unknown[] {
  return [dueAt, beganAt, endedAt, slices, done, skipped].map(numberOf);
}

/** A coordinator of the user's may say anything: what is no time or count becomes 0, so that the rest can be read. */
function numberOf(value: Date | number | undefined): number {
  const number = Number(value);
  return number >= 0 && number <= Number.MAX_SAFE_INTEGER ? rounded(number) : 0;
}

function readJob(value: unknown): JobReport {
  const [recruiter, id, rate, declaredRate, effectiveRate, paused, budget, ...counted] = listOf(value);
  const [counts, gatedBy, items, slicesPerSecond, itemsPerSecond, durations, lastWorkAt, ...newer] = counted;
  // Processes of earlier versions do not write these.
  const [overruns = 0, more = 0, gatedLooks = {}, isDefaultRate = 0, period = 0] = newer;
  return {
    recruiter: stringOf(recruiter),
    id: stringOf(id),
    rate: shareOf(rate),
    declaredRate: shareOf(declaredRate),
    isDefaultRate: isDefaultRate === 1,
    effectiveRate: shareOf(effectiveRate),
    paused: paused === 1,
    budget: countOf(budget),
    counts: readCounts(counts),
    gatedBy: readGatedBy(gatedBy),
    gatedLooks: readGatedBy(gatedLooks),
    items: countOf(items),
    overruns: countOf(overruns),
    more: more === 1,
    slicesPerSecond: countOf(slicesPerSecond),
    itemsPerSecond: countOf(itemsPerSecond),
    durations: durations === 0 ? undefined : readDurations(durations),
    period: period === 0 ? undefined : readPeriod(period),
    lastWorkAt: countOf(lastWorkAt) || undefined,
    lastError: undefined,
  };
}

function readPeriod(value: unknown): Period {
  const [every, isOfProcess, dueAt, overdueBy, lastPass] = listOf(value);
  return {
    every: countOf(every),
    scope: isOfProcess === 1 ? 'process' : 'fleet',
    dueAt: timeOf(dueAt),
    overdueBy: countOf(overdueBy),
    lastPass: lastPass === 0 ? undefined : readPass(lastPass),
  };
}

function readPass(value: unknown): Pass {
  const [dueAt, beganAt, endedAt, ...counted] = listOf(value);
  const [slices, done, skipped] = counted.map(countOf);
  return {
    dueAt: timeOf(dueAt) ?? new Date(0),
    beganAt: timeOf(beganAt) ?? new Date(0),
    endedAt: timeOf(endedAt),
    slices: countOf(slices),
    done: countOf(done),
    skipped: countOf(skipped),
  };
}

function readCounts(value: unknown): Record<Outcome, number> {
  const counts = listOf(value);
  return perOutcome((outcome) => countOf(counts[OUTCOMES.indexOf(outcome)]));
}

/** Reasons that only a newer version knows are kept: they are counted and shown by name. */
function readGatedBy(value: unknown): GateCounts {
  const counts = Object.entries(objectOf(value)).map(([reason, count]) => [reason, countOf(count)] as const);
  return Object.fromEntries(counts);
}

function readDurations(value: unknown): NonNullable<JobReport['durations']> {
  const [mean, p50, p99, max] = listOf(value).map(countOf);
  return { mean: countOf(mean), p50: countOf(p50), p99: countOf(p99), max: countOf(max) };
}
