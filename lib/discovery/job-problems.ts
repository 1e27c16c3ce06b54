import { describeValue } from '../recruiter/describe-value.js';
import { idProblem, JOB_OPTIONS, jobOptionProblems, rateProblem } from '../recruiter/job-options.js';
import { RATE_TOLERANCE } from '../recruiter/lottery.js';
import { rateTable } from '../recruiter/rate-table.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';
import type { DeclaredJob } from './declared-job.js';

const DECLARED_OPTIONS: ReadonlySet<string> = new Set([...JOB_OPTIONS, 'id', 'recruiter']);

/** Everything that is wrong with the jobs found for one recruiter, one sentence each, with the place. */
export function jobProblems(
  recruiter: string,
  jobs: readonly DeclaredJob[],
  override: ReadonlyMap<string, number>,
): string[] {
  return [
    ...jobs.flatMap((declared) => problemsOf(declared, override)),
    ...duplicates(recruiter, jobs),
    ...sumProblem(recruiter, jobs, override),
  ];
}

function problemsOf(
  { id, options, job, place }: DeclaredJob,
  override: ReadonlyMap<string, number>,
): string[] {
  const problem = idProblem(id);
  const rate = override.get(id) ?? options.rate;
  return [
    ...(problem === undefined ? [] : [problem]),
    ...unknownOptionProblems(options, DECLARED_OPTIONS),
    ...jobOptionProblems({ ...options, rate }),
    ...(typeof job.recruited === 'function'
      ? []
      : [
          'it has no method recruited(slice); write one, or put @StealableJob() on the method that does the work',
        ]),
  ].map((text) => `${place}: ${text}`);
}

function duplicates(recruiter: string, jobs: readonly DeclaredJob[]): string[] {
  const places = new Map<string, string[]>();
  for (const { id, place } of jobs) places.set(id, [...(places.get(id) ?? []), place]);
  return [...places]
    .filter(([, found]) => found.length > 1)
    .map(
      ([id, found]) =>
        `job id ${describeValue(id)} is declared ${found.length} times in recruiter "${recruiter}": ${found.join(', ')}. ` +
        `Give each an id of its own with @StealableJob({ id, … }).`,
    );
}

function sumProblem(
  recruiter: string,
  jobs: readonly DeclaredJob[],
  override: ReadonlyMap<string, number>,
): string[] {
  const rows = jobs.map(({ id, options, place }) => ({
    id: String(id),
    rate: override.get(id) ?? options.rate,
    place,
  }));
  const sum = rows.reduce((total, { rate }) => total + (rateProblem(rate) === undefined ? rate : 0), 0);
  if (sum <= 1 + RATE_TOLERANCE) return [];
  return [`the rates of recruiter "${recruiter}" add up to ${sum}, more than 1:\n${rateTable(rows)}`];
}
