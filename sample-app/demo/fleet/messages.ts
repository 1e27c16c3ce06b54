import type { GateCounts, Outcome } from 'nestjs-work-stealing';
import type { Backfill } from './backfill.js';

/** One job of one worker, counted since its process began. */
export interface JobReport {
  readonly id: string;
  /** Declared rate: share of enlistments, 0 to 1. */
  readonly rate: number;
  /** The rate after back-off. */
  readonly effectiveRate: number;
  /** Drawn slices by outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Slices that were drawn but not run, by what held them back. They add up to `counts.gated`. */
  readonly gatedBy: Readonly<GateCounts>;
  /** Items done by its slices. */
  readonly items: number;
  /** Mean of how long its last slices took: ms; null before the first. */
  readonly sliceTime: number | null;
}

/** What a worker has counted since its process began. */
export interface WorkerReport {
  readonly requests: number;
  /** Pages of which every field was cached. */
  readonly hits: number;
  /** Pages of which a field had to be recomputed. */
  readonly misses: number;
  readonly enlistments: number;
  readonly jobs: readonly JobReport[];
  /** How long the oldest expired field has been waiting to be deleted: ms; 0 if none is, null if Redis did not say. */
  readonly oldestOverdue: number | null;
  /** How far the search keys are; null before the first report, or when Redis did not say. */
  readonly searchKeys: Backfill | null;
}

/** What a worker tells its supervisor. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'report'; readonly report: WorkerReport };

/** What a supervisor tells its worker: report once more, close, end. */
export interface StopMessage {
  readonly kind: 'stop';
}
