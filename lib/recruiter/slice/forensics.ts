import { types } from 'node:util';
import type { Clock } from '../../time/clock.js';
import { cut, shortened } from '../../options/cut.js';
import { describeValue } from '../../options/describe-value.js';
import type { JobError } from '../record/job-record.js';
import type { AbortedReport, FailedReport } from './slice.js';

const LONGEST_STACK = 8192;
const LONGEST_MESSAGE = 2048;
/** Wrapped errors that are looked into: a chain of causes may be a ring. */
const MOST_CAUSES = 5;

/** An error as it is kept for later: text only, so that nothing the error refers to is kept alive. */
export function keepable(
  cause: unknown,
  reason: JobError['reason'],
  duration: number,
  clock: Required<Clock>,
): JobError {
  const { message: said, stack } = read(cause);
  const message = shortened(said, LONGEST_MESSAGE);
  const error = { at: new Date(clock.timestamp()), reason, message, duration };
  return stack === undefined ? error : { ...error, stack: cut(stack, LONGEST_STACK) };
}

/** The error of a slice that failed or was cut short: what it threw, or else what cut it short. */
export function causeOf(report: FailedReport | AbortedReport, budget: number): unknown {
  if (report.outcome === 'failed' || 'error' in report) return report.error;
  const why = {
    budget: `budget of ${budget} ms spent`,
    closing: 'the application is closing',
    lease: 'its lease expired',
  }[report.reason];
  const then = report.settled
    ? ''
    : '; the job ignores its signal and keeps its place in flight until it settles';
  return `${why}${then}`;
}

function read(cause: unknown): { message: string; stack?: string } {
  try {
    if (isError(cause)) {
      const { name, message: said, stack }: { name: unknown; message: unknown; stack?: unknown } = cause;
      const message = isText(said) ? said : isText(name) ? name : describeValue(cause);
      return isText(stack) ? { message, stack: stack + causesOf(cause) } : { message };
    }
  } catch {
    // A hostile error: what can be said of it is said below.
  }
  return { message: typeof cause === 'string' ? cause : `threw ${describeValue(cause)}` };
}

/** The errors that an error wraps, with their stacks: what a database said, where an ORM says only that it failed. */
function causesOf(error: Error): string {
  let text = '';
  try {
    let cause = error.cause;
    for (let depth = 0; depth < MOST_CAUSES && cause !== undefined && cause !== null; depth++) {
      const stack = isError(cause) ? cause.stack : undefined;
      text += `\n[cause]: ${isText(stack) ? stack : describeValue(cause)}`;
      cause = isError(cause) ? cause.cause : undefined;
    }
  } catch {
    // A hostile cause: the error itself has been read.
  }
  return text;
}

/** Those of another realm too, as Node's own are in Jest. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
