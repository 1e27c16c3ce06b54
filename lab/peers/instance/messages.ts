/** A batch that was run: of which chore, when it ended (ms since the epoch), how many items it did. */
export interface Run {
  readonly chore: ChoreName;
  readonly at: number;
  readonly done: number;
}

export const CHORES = ['expire', 'fold', 'backfill'] as const;
export type ChoreName = (typeof CHORES)[number];

/** What the driver asks of an instance. `open`: there is work from now on. `doom`: die at the beginning of a run, if first; `pardon`: not so. */
export type Order = 'open' | 'figures' | 'doom' | 'pardon' | 'settle' | 'finish' | 'close';

export interface Ready {
  readonly port: number;
}

/** What an instance tells of itself. */
export interface InstanceFigures {
  /** CPU time since it was opened: ms. */
  readonly cpu: number;
  /** Commands sent to Redis since then. */
  readonly sent: number;
  /** Runs since it was last asked. */
  readonly runs: readonly Run[];
  /** Runs that failed since it was last asked, with why. */
  readonly failures: readonly string[];
}
