import { Logger } from '@nestjs/common';
import type { RecruiterError } from '../recruiter/events.js';
import type { Recruiter } from '../recruiter/recruiter.js';

/** At most one line in this time for one job: ms. */
const QUIET = 1000;

/** When a job (or what else failed) was last logged, and how many errors were left out since. */
interface Line {
  readonly at: number;
  readonly leftOut: number;
}

/** Writes a recruiter's errors to Nest's logger: a line each, at most one a second and job, with the number left out. */
export function logErrors(recruiter: Recruiter): void {
  const logger = new Logger('WorkStealing');
  const lines = new Map<string, Line>();
  recruiter.on('error', (event) => {
    const source = event.jobId ?? event.where;
    const at = event.error.at.getTime();
    const last = lines.get(source);
    // A clock that was set back must not silence the log.
    if (last !== undefined && at >= last.at && at - last.at < QUIET) {
      lines.set(source, { at: last.at, leftOut: last.leftOut + 1 });
      return;
    }
    lines.set(source, { at, leftOut: 0 });
    write(logger, event, last?.leftOut ?? 0);
  });
}

function write(logger: Logger, event: RecruiterError, leftOut: number): void {
  const text =
    onOneLine(describe(event)) + (leftOut === 0 ? '' : ` (${leftOut} more left out since the last line)`);
  if (WORDS[event.error.reason].startsWith('was aborted')) logger.warn(text);
  else logger.error(text, event.error.stack && indented(event.error.stack));
}

/** A message may quote anybody's data: line ends or control characters in it must not pass for log lines of ours. */
function onOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ');
}

/** A stack begins with the message: what follows its first line must not begin a line of the log either. */
function indented(stack: string): string {
  const lines = stack.split(/\r\n|[\n\r\u2028\u2029]/).map((line) => line.replace(/\p{Cc}/gu, ' '));
  return lines
    .map((line, index) => (index === 0 || line.startsWith('    ') ? line : `    ${line}`))
    .join('\n');
}

function describe({ jobId, recruiter, where, error }: RecruiterError): string {
  if (jobId === undefined) return `Recruiter "${recruiter}": ${where}: ${error.message}`;
  const after = error.duration === 0 ? '' : ` after ${error.duration.toFixed(1)} ms`;
  return `Job "${jobId}" ${WORDS[error.reason]}${after}: ${error.message}`;
}

const WORDS = {
  error: 'failed',
  budget: 'was aborted (budget)',
  closing: 'was aborted (closing)',
  lease: 'was aborted (lease)',
  late: 'failed after it had been aborted',
} as const;
