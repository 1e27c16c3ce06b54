import type { Progress, Slice } from '../../recruiter/job.js';
import type { Wait } from '../lua/send.js';

/** Fields of one page, roughly: a longer script would hold the server for more than a millisecond. */
export const PAGE = 250;

/** The value of a field. */
export type FieldValue = string | number | Buffer;

/** Keeps fields with a time to live of their own; one store for each way that a server offers. */
export interface FieldStore {
  /** @throws WorkStealingConfigError when the server lacks a command. */
  check(wait?: Wait): Promise<void>;
  /** @param ttl - whole ms; undefined for fields that stay. */
  set(hash: string, fields: readonly FieldValue[], ttl: number | undefined): Promise<number>;
  get(hash: string, fields: readonly string[]): Promise<(string | null)[]>;
  getAll(hash: string): Promise<Record<string, string>>;
  delete(hash: string, fields: readonly string[]): Promise<number>;
  /** ms left, -1 for a field that stays, -2 for one that is missing. */
  ttl(hash: string, field: string): Promise<number>;
  persist(hash: string, field: string): Promise<boolean>;
  size(hash: string): Promise<number>;
  /** Deletes overdue fields. */
  reap(slice: Slice): Promise<Progress>;
  /** For how long the longest overdue field has been overdue: ms, 0 when none is. */
  oldestOverdue(): Promise<number>;
}
