import { SWEEP_OPTIONS, type SweepOptions } from '../../cursor-job/sweep.options.js';
import type { OptionTable } from '../../options/option-table.js';
import { KEY_PART } from '../arguments.js';

/** The options of a {@link CursorJob}. */
export interface CursorJobOptions extends SweepOptions {
  /** Prefix of all keys: not blank, without braces. @default the connection's, or `work-stealing` */
  prefix?: string | undefined;
}

/** The options of every {@link CursorJob}. */
export const CURSOR_JOB_OPTIONS = {
  ...SWEEP_OPTIONS,
  prefix: KEY_PART,
} satisfies OptionTable<CursorJobOptions>;
