import type { RecruiterError } from '../recruiter/events.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import { ThrottledLog } from './throttled-log.js';

/** Writes a recruiter's errors to Nest's logger: one a second for each job, and ten a second in all. */
export function logErrors(recruiter: Recruiter): void {
  const log = new ThrottledLog('WorkStealing');
  recruiter.on('error', (event) => {
    const { jobId, where, error } = event;
    const isCutShort = WORDS[error.reason].startsWith('was aborted');
    log.write(
      {
        source: jobId === undefined ? where : `job "${jobId}"`,
        text: describe(event),
        ...(isCutShort ? { level: 'warn' } : { level: 'error', stack: error.stack }),
      },
      error.at.getTime(),
    );
  });
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
