import { types } from 'node:util';
import type { Clock } from '../../time/clock.js';
import { cut, shortened } from '../../options/cut.js';
import { describeValue } from '../../options/describe-value.js';
import type { JobError } from '../record/job-record.js';
import type { AbortedReport, FailedReport } from './slice.js';

const MAX_STACK_LENGTH = 8192;
const MAX_MESSAGE_LENGTH = 2048;
/** Maximum causes that are read: a chain of causes may be a ring. */
const MAX_CAUSES = 5;

/** Converts a thrown value to the form in which it is kept: strings only, so that no object stays in memory. */
export function toJobError(
  cause: unknown,
  reason: JobError['reason'],
  duration: number,
  clock: Required<Clock>,
): JobError {
  const { message: whole, stack } = read(cause);
  const message = shortened(whole, MAX_MESSAGE_LENGTH);
  const error = { at: new Date(clock.timestamp()), reason, message, duration };
  return stack === undefined ? error : { ...error, stack: cut(stack, MAX_STACK_LENGTH) };
}

/** The error of a slice that failed or was aborted: the value that it threw, or else why it was aborted. */
export function causeOf(report: FailedReport | AbortedReport, budget: number): unknown {
  if (report.outcome === 'failed' || 'error' in report) return report.error;
  const why = {
    budget: `budget of ${budget} ms spent`,
    closing: 'the application is closing',
    lease: 'its lease expired',
  }[report.reason];
  const then = report.settled
    ? ''
    : '; the job ignores its signal and keeps its concurrency slot until it settles';
  return `${why}${then}`;
}

function read(cause: unknown): { message: string; stack?: string } {
  try {
    if (isError(cause)) {
      const { name, message: own, stack }: { name: unknown; message: unknown; stack?: unknown } = cause;
      const message = isText(own) ? own : isText(name) ? name : describeValue(cause);
      return isText(stack) ? { message, stack: stack + causesOf(cause) } : { message };
    }
  } catch {
    // A hostile error: it is described below.
  }
  return { message: typeof cause === 'string' ? cause : `threw ${describeValue(cause)}` };
}

/** The stacks of the errors that an error wraps, such as the database error inside the error of an ORM. */
function causesOf(error: Error): string {
  let text = '';
  try {
    let cause = error.cause;
    for (let depth = 0; depth < MAX_CAUSES && cause !== undefined && cause !== null; depth++) {
      const stack = isError(cause) ? cause.stack : undefined;
      text += `\n[cause]: ${isText(stack) ? stack : describeValue(cause)}`;
      cause = isError(cause) ? cause.cause : undefined;
    }
  } catch {
    // A hostile cause: the error itself has been read.
  }
  return text;
}

/** Also true for errors of another realm, such as Node's own errors in Jest. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
