import type { AuditEntry } from './fleet.js';
import type { Extent } from './job-key.js';
import type { Change, Orders } from './orders.js';
import type { ProcessFacts, ProcessReport } from './process-report.js';
import type { SliceReport } from '../recruiter/slice/slice.js';

/** One process, and when it last gave notice. */
export interface ProcessSighting {
  readonly facts: ProcessFacts;
  readonly seenAt: Date;
}

/** What a backend is given of the process that it runs in. */
export interface FleetSite {
  /** The process' own id. */
  readonly id: string;
  /** What is in force here. */
  readonly orders: Orders;
  /** What this process says of itself. */
  report(): ProcessReport;
  /** Takes orders up. */
  apply(orders: Orders): void;
  /** Whether this process has the job. */
  has(job: Required<Extent>): boolean;
  /** Runs one slice of it. */
  recruit(job: Required<Extent>): Promise<SliceReport>;
}

/** Where a fleet's reports and orders are kept. */
export interface FleetBackend {
  /** See {@link Fleet.scope}. */
  readonly scope: 'fleet' | 'process';
  /** Those alive. */
  processes(): Promise<readonly ProcessSighting[]>;
  /**
   * What the others alive say, some at a time, so that many can be summed up without blocking the event loop. What this
   * process said some time ago may be among it.
   */
  others(): AsyncIterable<readonly ProcessReport[]>;
  /** As they are now. */
  orders(): Promise<Orders>;
  /** Changes them, notes it in the audit list, and tells the fleet; undefined where they are not those that were seen. */
  change(change: Change, seen: Orders): Promise<Orders | undefined>;
  /** Has one process run one slice, and notes it in the audit list. */
  runOnce(job: Required<Extent>, by: string): Promise<void>;
  /** The latest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
}
