import { parseArgs } from 'node:util';

/** What `npm start` was asked to do. */
export interface Arguments {
  /** How many worker processes: 1 to 8. */
  readonly workers: number;
  /** Ends by itself after so many ms; undefined: runs until Ctrl-C. */
  readonly duration: number | undefined;
  /** Where the summary goes as JSON. */
  readonly json: string | undefined;
  /** Whether visitors are replayed. */
  readonly traffic: boolean;
  /** Mean requests a second that the replay sends. */
  readonly requests: number;
  /** The same seed replays the same visitors. */
  readonly seed: number;
}

/** A command line that makes no sense: its message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const HELP = `A media directory of 3,201 films, served by a fleet that does its own chores.

Usage: npm start -- [options]

  --workers <n>      worker processes, 1 to 8 (default 2)
  --duration <s>     end by itself after so many seconds (default: until Ctrl-C)
  --json <file>      write the summary as JSON
  --no-traffic       only serve: no replay of visitors
  --requests <n>     mean requests a second of the replay, 1 to 5000 (default 100)
  --seed <n>         replay other visitors (default 1)
  --help             this text

A Redis is started for the run and ended with it. To use one of yours: REDIS_URL=redis://host:port npm start
`;

/**
 * Reads the command line; `'help'` when that was asked for.
 *
 * @throws UsageError that quotes what was wrong.
 */
export function readArguments(args: readonly string[]): Arguments | 'help' {
  const given = parse(args);
  if (given.help === true) return 'help';
  const seconds = numberOf('--duration', given.duration, { least: 0.1, most: 86_400 });
  return {
    workers: numberOf('--workers', given.workers, { least: 1, most: 8, whole: true }) ?? 2,
    duration: seconds === undefined ? undefined : seconds * 1000,
    json: given.json === undefined ? undefined : fileOf(given.json),
    traffic: given['no-traffic'] !== true,
    requests: numberOf('--requests', given.requests, { least: 1, most: 5000 }) ?? 100,
    seed: numberOf('--seed', given.seed, { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }) ?? 1,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        workers: { type: 'string' },
        duration: { type: 'string' },
        json: { type: 'string' },
        'no-traffic': { type: 'boolean' },
        requests: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    // What follows the first line is about parseArgs, not about us.
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

interface Range {
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
}

function numberOf(flag: string, value: string | undefined, range: Range): number | undefined {
  if (value === undefined) return undefined;
  const { least, most, whole = false } = range;
  const number = value.trim() === '' ? NaN : Number(value);
  if (number >= least && number <= most && (!whole || Number.isInteger(number))) return number;
  const kind = whole ? 'a whole number' : 'a number';
  throw new UsageError(`${flag} is "${value}"; expected ${kind} from ${least} to ${most}`);
}

function fileOf(value: string): string {
  if (value.trim() === '') throw new UsageError('--json is empty; expected the name of a file');
  return value;
}
