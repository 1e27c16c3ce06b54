import { prototypesOf } from '../enlist/prototypes-of.js';
import type { StealableJobOptions } from './stealable-job.decorator.js';
import { describeValue } from '../options/describe-value.js';
import { anything } from '../options/option.js';
import type { OptionTable } from '../options/option-table.js';
import { JOB_ID, JOB_OPTIONS, jobOptionProblems } from '../recruiter/job-options.js';
import { rateSumProblem } from '../recruiter/rate/rate-sum.js';
import { nameOf } from './components.js';
import type { DeclaredJob } from './declared-job.js';
import { groupBy } from './group-by.js';
import { hasMinifiedId } from './minified-ids.js';

/** Whether the recruiter exists is checked with all enlisting components. */
const DECLARED_OPTIONS = {
  ...JOB_OPTIONS,
  id: JOB_ID,
  recruiter: anything,
} satisfies OptionTable<StealableJobOptions>;

/** Returns all problems of the jobs of one recruiter, one sentence each, with the place. */
export function jobProblems(
  recruiter: string,
  jobs: readonly DeclaredJob[],
  override: ReadonlyMap<string, number>,
): string[] {
  const rows = jobs
    .map(({ id, options, place }) => ({ id: String(id), rate: override.get(id) ?? options.rate, place }))
    .filter(({ rate }) => rate !== undefined);
  const sumProblem = rateSumProblem(
    rows,
    (sum) => `the rates of recruiter "${recruiter}" add up to ${sum}, more than 1`,
  );
  return [
    ...jobs.flatMap((declared) => problemsOfJob(declared, override)),
    ...duplicates(recruiter, jobs),
    ...(sumProblem === undefined ? [] : [sumProblem]),
  ];
}

function problemsOfJob(declared: DeclaredJob, override: ReadonlyMap<string, number>): string[] {
  const { id, options, job, place, type, declaration } = declared;
  const rate = override.get(id) ?? options.rate;
  const problems = jobOptionProblems({ ...declaration.options, id, rate }, DECLARED_OPTIONS);
  if (typeof job.recruited !== 'function') {
    problems.push(
      'it has no method recruited(slice); write one, or put @StealableJob() on the method that does the work',
    );
  } else if (!declaration.isOfClass && isReplaced(type, declaration.key)) {
    problems.push(
      'something other than a method has replaced it; check the decorators above it and the subclasses',
    );
  }
  problems.push(...(job.problemsWith?.(declaration.options) ?? []));
  const shared = (['lease', 'pace', 'every'] as const).find((option) => options[option] !== undefined);
  if (shared !== undefined && hasMinifiedId(declared)) {
    problems.push(
      `its ${shared} is identified in the fleet by the id, and ${describeValue(id)} looks like a class name that a minifier has ` +
        'shortened; give it an id with @StealableJob({ id, … })',
    );
  }
  return problems.map((problem) => `${place}: ${problem}`);
}

/** Whether the method was replaced; an accessor is allowed, as some decorators bind a method to its instance by one. */
function isReplaced(type: Function, key: string | symbol): boolean {
  const owner = prototypesOf(type).find((prototype) => Object.hasOwn(prototype, key));
  const descriptor = owner && Object.getOwnPropertyDescriptor(owner, key);
  return descriptor?.get === undefined && typeof descriptor?.value !== 'function';
}

function duplicates(recruiter: string, jobs: readonly DeclaredJob[]): string[] {
  const problems: string[] = [];
  for (const [id, same] of groupBy(jobs, (declared) => declared.id)) {
    if (same.length === 1) continue;
    const places = same.map(({ place }) => place).join(', ');
    problems.push(
      `job id ${describeValue(id)} is declared ${same.length} times in recruiter "${recruiter}": ${places}. ` +
        remedy(same),
    );
  }
  return problems;
}

/** If a class is provided several times, all its providers have the same ID, so another one does not help. */
function remedy(same: readonly DeclaredJob[]): string {
  const byType = [...groupBy(same, ({ type }) => type)].map(([type, ofType]) => ({
    name: nameOf(type),
    isProvidedAgain: new Set(ofType.map(({ declaration }) => declaration)).size < ofType.length,
    isDeclaredAgain: new Set(ofType.map(({ declaration }) => declaration)).size > 1,
  }));
  const again = byType.filter(({ isProvidedAgain }) => isProvidedAgain).map(({ name }) => name);
  const advice = again.map(
    (name) =>
      `${name} is provided more than once: provide it in one module that exports it, put { useExisting } in place of ` +
      'the other providers, or, if you need several instances, remove the decorator and install each by ' +
      'recruiter.install(job, id, options).',
  );
  if (byType.length > 1 || byType.some(({ isDeclaredAgain }) => isDeclaredAgain)) {
    advice.unshift('Give each a unique id with @StealableJob({ id, … }).');
  }
  return advice.join(' ');
}
