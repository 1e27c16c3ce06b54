import type { ProcessFacts, ProcessReport, RecruiterReport } from '../../fleet/process-report.js';
import { countOf, listOf, objectOf, shareOf, stringOf } from './values.js';

/** The state that a process publishes at every interval. */
export interface Heartbeat {
  readonly facts: ProcessFacts;
  readonly recruiters: readonly RecruiterReport[];
  /** When it was published, by the server's clock: ms since the epoch. */
  readonly seenAt: number;
  /** Version of the list of jobs of this process; a different one means that the list has changed. */
  readonly jobsVersion: string;
}

/** As JSON, so that a person can read it in redis-cli. The script adds the time and the version of the jobs. */
export function writeHeartbeat({ process, recruiters }: Omit<ProcessReport, 'jobs'>): string {
  const { host, pid, version, since, utilization, inFlight } = process;
  return JSON.stringify({
    host,
    pid,
    ...(version === undefined ? {} : { version }),
    since,
    utilization: rounded(utilization),
    inFlight,
    recruiters: recruiters.map(({ name, enlistments, enlistmentsPerSecond }) => [
      name,
      enlistments,
      rounded(enlistmentsPerSecond),
    ]),
  });
}

/** @throws TypeError or SyntaxError for any other format. */
export function readHeartbeat(id: string, written: string): Heartbeat {
  const [, seenAt, jobsVersion, json] = /^(\d{1,16}):(\w+):([^]*)$/.exec(written) ?? [];
  const fields = objectOf(JSON.parse(json ?? ''));
  const recruiters = listOf(fields.recruiters).map(readRecruiter);
  return {
    seenAt: Number(seenAt),
    jobsVersion: stringOf(jobsVersion),
    recruiters,
    facts: {
      id,
      host: stringOf(fields.host),
      pid: countOf(fields.pid),
      version: fields.version === undefined ? undefined : stringOf(fields.version),
      since: countOf(fields.since),
      utilization: shareOf(fields.utilization),
      inFlight: countOf(fields.inFlight),
      enlistments: recruiters.reduce((sum, { enlistments }) => sum + enlistments, 0),
      enlistmentsPerSecond: recruiters.reduce((sum, recruiter) => sum + recruiter.enlistmentsPerSecond, 0),
    },
  };
}

function readRecruiter(value: unknown): RecruiterReport {
  const [name, enlistments, perSecond] = listOf(value);
  return {
    name: stringOf(name),
    enlistments: countOf(enlistments),
    enlistmentsPerSecond: countOf(perSecond),
  };
}

/** Three decimals: precise enough for a view, and shorter. */
export function rounded(number: number): number {
  return Math.round(number * 1000) / 1000;
}
