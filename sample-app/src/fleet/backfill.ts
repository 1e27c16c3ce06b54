import { count } from './words.js';

/** How far the backfill of search keys is: that of the whole fleet, whoever reports it. */
export interface Backfill {
  /** Films that are done. */
  readonly done: number;
  readonly total: number;
  /** ms until it ends at its pace; null when that is not known, or when it has ended. */
  readonly eta: number | null;
  readonly ended: boolean;
}

const WIDTH = 40;

/** The report that is furthest: progress never goes back while a fleet runs. Null when nobody knows. */
export function furthest(a: Backfill | null, b: Backfill | null): Backfill | null {
  if (a === null || b === null) return a ?? b;
  if (a.ended !== b.ended) return a.ended ? a : b;
  return a.done > b.done ? a : b;
}

/** `search keys [#####-----] 1,600 of 3,201 films · 50 % · 4 s to go` */
export function progressBar(backfill: Backfill | null): string {
  if (backfill === null) return 'search keys: unknown: Redis does not answer';
  const { done, total } = backfill;
  const part = Math.min(1, total === 0 ? 1 : done / total);
  // Rounded down: what is not finished should not look so.
  const bar = '#'.repeat(Math.floor(part * WIDTH)).padEnd(WIDTH, '-');
  const percent = `${Math.floor(part * 100)} %`;
  return [`search keys [${bar}] ${count(done)} of ${count(total)} films`, percent, ending(backfill)].join(
    ' · ',
  );
}

function ending({ eta, ended }: Backfill): string {
  if (ended) return 'done';
  return eta === null ? 'not begun' : `${count(Math.ceil(eta / 1000))} s to go`;
}
