import type { RecruiterError } from '../recruiter/events.js';
import type { Recruiter } from '../recruiter/recruiter.js';
import { systemClock } from '../time/clock.js';
import { Log } from './log.js';
import { ThrottledLog } from './throttled-log.js';

/** Added to a delay, as timers of Node may fire a little early. */
const SLACK_MS = 5;

/**
 * Writes the errors of a recruiter to Nest's logger: at most one a second for each job, and ten a second in all. A job
 * whose slice does not settle is logged once more.
 *
 * @param stuckAfter - number of budgets after which a slice counts as stuck.
 */
export function logErrors(recruiter: Recruiter, stuckAfter: number): void {
  const log = new ThrottledLog('WorkStealing');
  const stuck = new Log('WorkStealing');
  recruiter.on('slice', (report) => {
    if (report.outcome !== 'aborted' || report.settled) return;
    const { jobId, duration } = report;
    const budget = recruiter.jobs.find(({ id }) => id === jobId)?.budget ?? 0;
    systemClock.after(stuckAfter * budget - duration + SLACK_MS, () => {
      const since = recruiter.jobs.find(({ id }) => id === jobId)?.stuckSince;
      if (since !== undefined) stuck.warnOnce(jobId, describeStuck(jobId, since));
    });
  });
  recruiter.on('error', (event) => {
    const { jobId, where, error } = event;
    const isMild = error.reason === 'warning' || WORDS[error.reason].startsWith('was aborted');
    log.write(
      {
        source: jobId === undefined ? where : `job "${jobId}"`,
        text: describe(event),
        ...(isMild ? { level: 'warn' } : { level: 'error', stack: error.stack }),
      },
      error.at.getTime(),
    );
  });
}

function describeStuck(jobId: string, since: Date): string {
  return (
    `Job "${jobId}" is stuck: a slice that began at ${since.toISOString()} was cut short and has not settled. It keeps ` +
    `its concurrency slot until it does, or the process ends. Pass slice.signal to the calls that it awaits, or a time-out.`
  );
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
  warning: 'has a warning',
} as const;
