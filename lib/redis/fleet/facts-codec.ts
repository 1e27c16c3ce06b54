import type { ProcessFacts, ProcessReport, RecruiterReport } from '../../fleet/process-report.js';
import { countOf, listOf, objectOf, shareOf, textOf } from './checks.js';

/** What a process says of itself, as it stands in Redis. */
export interface Word {
  readonly facts: ProcessFacts;
  readonly recruiters: readonly RecruiterReport[];
  /** When it said so, by the server's clock: ms since the epoch. */
  readonly seenAt: number;
  /** Number of its word on jobs: another one means another word. */
  readonly jobsVersion: string;
}

/** As JSON, so that a person can read it in redis-cli. */
export function writeFacts({ process, recruiters }: Omit<ProcessReport, 'jobs'>): string {
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

/** @throws TypeError or SyntaxError when somebody else wrote it. */
export function readFacts(id: string, text: string): Word {
  const [, seenAt, jobsVersion, json] = /^(\d{1,16}):(\w+):([^]*)$/.exec(text) ?? [];
  const said = objectOf(JSON.parse(json ?? ''));
  const recruiters = listOf(said.recruiters).map(readRecruiter);
  return {
    seenAt: Number(seenAt),
    jobsVersion: textOf(jobsVersion),
    recruiters,
    facts: {
      id,
      host: textOf(said.host),
      pid: countOf(said.pid),
      version: said.version === undefined ? undefined : textOf(said.version),
      since: countOf(said.since),
      utilization: shareOf(said.utilization),
      inFlight: countOf(said.inFlight),
      enlistments: recruiters.reduce((sum, { enlistments }) => sum + enlistments, 0),
      enlistmentsPerSecond: recruiters.reduce((sum, recruiter) => sum + recruiter.enlistmentsPerSecond, 0),
    },
  };
}

function readRecruiter(said: unknown): RecruiterReport {
  const [name, enlistments, perSecond] = listOf(said);
  return {
    name: textOf(name),
    enlistments: countOf(enlistments),
    enlistmentsPerSecond: countOf(perSecond),
  };
}

/** Three decimals are enough to look at, and shorter. */
export function rounded(number: number): number {
  return Math.round(number * 1000) / 1000;
}
