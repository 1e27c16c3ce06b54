import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { JobReport } from '../../fleet/process-report.js';
import { OUTCOMES, type GateCounts, type Outcome } from '../../recruiter/outcome.js';
import { perOutcome } from '../../recruiter/record/per-outcome.js';
import { countOf, listOf, objectOf, shareOf, textOf } from './checks.js';
import { rounded } from './facts-codec.js';

/** No word of a process is longer, whatever somebody packed into it: bytes. */
const LONGEST = 32 * 1024 * 1024;
/** Fast and nearly as small as the best: the same few names and zeros come again and again. */
const LEVEL = 3;

/** What a process says of its jobs, without their errors: lists instead of objects. */
export function writeJobs(jobs: readonly JobReport[]): string {
  return JSON.stringify(jobs.map(listed));
}

/** Some 20 times smaller, as most of it repeats. */
export function pack(text: string): Buffer {
  return deflateRawSync(text, { level: LEVEL });
}

/** @throws an error of whatever kind when somebody else wrote it. */
export function readJobs(packed: Buffer): JobReport[] {
  return listOf(JSON.parse(inflateRawSync(packed, { maxOutputLength: LONGEST }).toString())).map(readJob);
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
  ];
}

function readJob(said: unknown): JobReport {
  const [recruiter, id, rate, declaredRate, effectiveRate, paused, budget, ...counted] = listOf(said);
  const [counts, gatedBy, items, slicesPerSecond, itemsPerSecond, durations, lastWorkAt, ...newer] = counted;
  // A process of the version before says no more.
  const [overruns = 0, more = 0, gatedLooks = {}] = newer;
  return {
    recruiter: textOf(recruiter),
    id: textOf(id),
    rate: shareOf(rate),
    declaredRate: shareOf(declaredRate),
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
    lastWorkAt: countOf(lastWorkAt) || undefined,
    lastError: undefined,
  };
}

function readCounts(said: unknown): Record<Outcome, number> {
  const counts = listOf(said);
  return perOutcome((outcome) => countOf(counts[OUTCOMES.indexOf(outcome)]));
}

/** Reasons of a newer version are kept: they are counted and shown by name. */
function readGatedBy(said: unknown): GateCounts {
  const counts = Object.entries(objectOf(said)).map(([reason, count]) => [reason, countOf(count)] as const);
  return Object.fromEntries(counts);
}

function readDurations(said: unknown): NonNullable<JobReport['durations']> {
  const [mean, p50, p99, max] = listOf(said).map(countOf);
  return { mean: countOf(mean), p50: countOf(p50), p99: countOf(p99), max: countOf(max) };
}
