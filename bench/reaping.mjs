import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { row } from './table.mjs';

const SCRIPT = fileURLToPath(new URL('./redis/reaping.mjs', import.meta.url));

/** Two lines of what `bench/redis/reaping.mjs` shows by itself in full: one process, alone and beside a busy writer. */
export async function rows({ isQuick }) {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, ...(isQuick ? ['--quick'] : [])]);
  const lines = stdout.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const of = (processes, busy) => {
    const line = lines.find((cells) => cells[1] === processes && cells[2] === busy);
    if (line === undefined)
      throw new Error(`${SCRIPT} shows no line for ${processes} process, writer ${busy}`);
    return { ratio: Number.parseFloat(line[5]), theirAborts: line[6], ourAborts: Number(line[7]) };
  };
  const [alone, busy] = [of('1', 'no'), of('1', 'yes')];
  return [
    row(
      'expired fields reaped a second, one process, against WATCH/MULTI/EXEC',
      'at least 10 times',
      `${alone.ratio.toFixed(1)} times`,
      alone.ratio >= 10,
    ),
    row(
      'attempts that abort beside a busy writer',
      '0',
      `${busy.ourAborts} (theirs: ${busy.theirAborts})`,
      busy.ourAborts === 0,
    ),
  ];
}
