import type { Backfill } from '../fleet/backfill.js';
import { count } from './words.js';

const WIDTH = 40;

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
