import { describeValue } from '../recruiter/describe-value.js';
import { WorkStealingConfigError } from '../recruiter/errors.js';
import { idProblem, rateProblem } from '../recruiter/job-options.js';
import type { Extent } from './job-key.js';
import { extentOf } from './job-key.js';

/** The longest name of a person that is kept. */
const LONGEST_NAME = 200;
/** Entries of the audit list that are given out at most. */
const MOST_ENTRIES = 500;

/** @throws WorkStealingConfigError that names all that is wrong. */
export function checkOrder(ref: unknown, by: unknown, rate?: { readonly rate: unknown }): Extent {
  if (typeof ref !== 'object' || ref === null)
    throw refusal([`job is ${describeValue(ref)}; expected { id }`]);
  const extent = extentOf(ref);
  const problems = [
    idProblem(extent.recruiter, 'recruiter'),
    extent.id === undefined ? undefined : idProblem(extent.id),
    byProblem(by),
    rate === undefined ? undefined : rateProblem(rate.rate),
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw refusal(problems);
  return extent;
}

/** @throws WorkStealingConfigError where the id is missing or anything else is wrong. */
export function checkJobOrder(
  ref: unknown,
  by: unknown,
  rate?: { readonly rate: unknown },
): Required<Extent> {
  const { recruiter, id } = checkOrder(ref, by, rate);
  if (id === undefined) throw refusal([idProblem(id) ?? '']);
  return { recruiter, id };
}

/** @throws WorkStealingConfigError when it is no whole number of at least 1. */
export function checkLimit(limit: unknown): number {
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1)
    return Math.min(limit, MOST_ENTRIES);
  const problem = `limit is ${describeValue(limit)}; expected a whole number of at least 1`;
  throw new WorkStealingConfigError(`The audit list was not read: ${problem}`, [problem]);
}

function byProblem(by: unknown): string | undefined {
  if (typeof by === 'string' && by.trim() !== '' && by.length <= LONGEST_NAME) return undefined;
  return `by is ${describeValue(by)}; expected who it is: a text of 1 to ${LONGEST_NAME} characters that is not blank`;
}

function refusal(problems: readonly string[]): WorkStealingConfigError {
  return new WorkStealingConfigError(`The fleet was not changed: ${problems.join('; ')}`, problems);
}
