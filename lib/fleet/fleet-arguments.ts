import { integer, option, required, text } from '../options/option.js';
import { isGroup, problemsOf, type AnyTable } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { JOB_ID, RATE } from '../recruiter/job-options.js';
import { targetOf, type Target } from './target.js';

/** Maximum length of `by`: characters. */
const MAX_NAME_LENGTH = 200;
/** Maximum of audit entries that one call returns. */
const MAX_ENTRIES = 500;

const JOB = { job: required(option('{ id }', isGroup)) };
const BY = text(
  `the name of the caller: a string of 1 to ${MAX_NAME_LENGTH} characters that is not blank`,
  (by) => by.trim() !== '' && by.length <= MAX_NAME_LENGTH,
);
const ORDER = { recruiter: JOB_ID, id: JOB_ID, by: required(BY) };
const LIMIT = { limit: required(integer(1)) };

/** @throws WorkStealingConfigError that lists all problems. */
export function checkOrder(ref: unknown, by: unknown): Target {
  return checked(ORDER, ref, { by });
}

/** @throws WorkStealingConfigError that lists all problems; a missing id is one. */
export function checkJobOrder(
  ref: unknown,
  by: unknown,
  rate?: { readonly rate: unknown },
): Required<Target> {
  const table = { ...ORDER, id: required(JOB_ID), ...(rate && { rate: required(RATE) }) };
  return checked(table, ref, { by, ...rate }) as Required<Target>;
}

/** @throws WorkStealingConfigError unless it is a whole number of at least 1. */
export function checkLimit(limit: unknown): number {
  refuse('The audit list was not read', problemsOf(LIMIT, { limit }));
  return Math.min(Number(limit), MAX_ENTRIES);
}

function checked(table: AnyTable, job: unknown, others: object): Target {
  refuse('The fleet was not changed', problemsOf(JOB, { job }));
  const target = targetOf(Object(job) as object);
  refuse('The fleet was not changed', problemsOf(table, { ...target, ...others }));
  return target;
}
