import { describeValue } from '../recruiter/describe-value.js';
import { idProblem, JOB_OPTIONS, jobOptionProblems, rateProblem } from '../recruiter/job-options.js';
import { RATE_TOLERANCE } from '../recruiter/lottery.js';
import { rateTable } from '../recruiter/rate-table.js';
import { unknownOptionProblems } from '../recruiter/unknown-options.js';
import type { DeclaredJob } from './declared-job.js';
import { groupBy } from './group-by.js';

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
  const rate = override.get(id) ?? options.rate;
  const problems = unknownOptionProblems(options, DECLARED_OPTIONS);
  const problem = idProblem(id);
  if (problem !== undefined) problems.unshift(problem);
  problems.push(...jobOptionProblems({ ...options, rate }));
  if (typeof job.recruited !== 'function') {
    problems.push(
      'it has no method recruited(slice); write one, or put @StealableJob() on the method that does the work',
    );
  }
  return problems.map((text) => `${place}: ${text}`);
}

function duplicates(recruiter: string, jobs: readonly DeclaredJob[]): string[] {
  const problems: string[] = [];
  for (const [id, same] of groupBy(jobs, (declared) => declared.id)) {
    if (same.length === 1) continue;
    const places = same.map(({ place }) => place).join(', ');
    problems.push(
      `job id ${describeValue(id)} is declared ${same.length} times in recruiter "${recruiter}": ${places}. ` +
        `Give each an id of its own with @StealableJob({ id, … }).`,
    );
  }
  return problems;
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
