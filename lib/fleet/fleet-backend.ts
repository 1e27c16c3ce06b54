import type { AuditEntry } from './fleet.js';
import type { Change, Orders } from './orders.js';
import type { ProcessFacts, ProcessReport } from './process-report.js';
import type { Target } from './target.js';
import type { SliceReport } from '../recruiter/slice/slice.js';

/** A process that is alive, and when it last published its state. */
export interface ProcessSighting {
  readonly facts: ProcessFacts;
  readonly seenAt: Date;
}

/** The process that a backend runs in. */
export interface LocalProcess {
  /** Unique in the fleet. */
  readonly id: string;
  /** The orders that are applied here. */
  readonly orders: Orders;
  /** The current state of this process. */
  report(): ProcessReport;
  /** Applies orders to the recruiters of this process. */
  apply(orders: Orders): void;
  /** Whether this process has the job or the recruiter. */
  has(target: Target): boolean;
  /** Runs one slice of the job. */
  recruit(job: Required<Target>): Promise<SliceReport>;
}

/** Stores the reports and orders of a fleet. */
export interface FleetBackend {
  /** See {@link Fleet.scope}. */
  readonly scope: 'fleet' | 'process';
  /** The processes alive. */
  processes(): Promise<readonly ProcessSighting[]>;
  /**
   * The reports of the other processes alive, a page at a time, so that a sum of many does not block the event loop. May
   * include an older report of this process.
   */
  others(): AsyncIterable<readonly ProcessReport[]>;
  /** The orders in force now. */
  orders(): Promise<Orders>;
  /**
   * Changes the orders, adds an audit entry, and notifies the fleet. Returns undefined, and changes nothing, if another
   * process has changed the orders since `seen` was read.
   */
  change(change: Change, seen: Orders): Promise<Orders | undefined>;
  /** Has one process run one slice, and adds an audit entry. */
  runOnce(job: Required<Target>, by: string): Promise<void>;
  /** The audit entries, latest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
}
