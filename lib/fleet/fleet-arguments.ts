import { integer, option, required, text } from '../options/option.js';
import { isGroup, problemsOf, type AnyTable } from '../options/option-table.js';
import { refuse } from '../options/errors.js';
import { JOB_ID, RATE } from '../recruiter/job-options.js';
import type { Extent } from './job-key.js';
import { extentOf } from './job-key.js';

/** The longest name of a person that is kept. */
const LONGEST_NAME = 200;
/** Entries of the audit list that are given out at most. */
const MOST_ENTRIES = 500;

const JOB = { job: required(option('{ id }', isGroup)) };
const BY = text(
  `who it is: a string of 1 to ${LONGEST_NAME} characters that is not blank`,
  (by) => by.trim() !== '' && by.length <= LONGEST_NAME,
);
const ORDER = { recruiter: JOB_ID, id: JOB_ID, by: required(BY) };
const LIMIT = { limit: required(integer(1)) };

/** @throws WorkStealingConfigError that names all that is wrong. */
export function checkOrder(ref: unknown, by: unknown): Extent {
  return checked(ORDER, ref, { by });
}

/** @throws WorkStealingConfigError where the id is missing or anything else is wrong. */
export function checkJobOrder(
  ref: unknown,
  by: unknown,
  rate?: { readonly rate: unknown },
): Required<Extent> {
  const table = { ...ORDER, id: required(JOB_ID), ...(rate && { rate: required(RATE) }) };
  return checked(table, ref, { by, ...rate }) as Required<Extent>;
}

/** @throws WorkStealingConfigError when it is no whole number of at least 1. */
export function checkLimit(limit: unknown): number {
  refuse('The audit list was not read', problemsOf(LIMIT, { limit }));
  return Math.min(Number(limit), MOST_ENTRIES);
}

function checked(table: AnyTable, job: unknown, others: object): Extent {
  refuse('The fleet was not changed', problemsOf(JOB, { job }));
  const extent = extentOf(Object(job) as object);
  refuse('The fleet was not changed', problemsOf(table, { ...extent, ...others }));
  return extent;
}
