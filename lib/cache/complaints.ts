import { Logger } from '@nestjs/common';
import type { Clock } from '../recruiter/clock.js';
import { describeValue } from '../recruiter/describe-value.js';

/** At most one line in this time for one prefix of keys: ms. */
const QUIET = 1000;
/** Prefixes that are kept in mind: keys may have no prefix in common. */
const MOST_PREFIXES = 500;
/** What stands before the first colon, and no more of it than this. */
const LONGEST_PREFIX = 64;

/** When a prefix was last logged, and how many lines were left out since. */
interface Line {
  readonly at: number;
  readonly leftOut: number;
}

/** Writes to Nest's logger: at most one line a second for all keys that begin alike (`film` of `film:42`). */
export class Complaints {
  readonly #logger = new Logger('EarlyRefreshCache');
  readonly #lines = new Map<string, Line>();

  constructor(
    private readonly name: string,
    private readonly clock: Clock,
  ) {}

  /** Of one entry. */
  ofKey(key: string, what: string, error: unknown): void {
    const [prefix = ''] = key.slice(0, LONGEST_PREFIX).split(':', 1);
    this.#write(`key:${prefix}`, `${describeValue(key)}: ${what}`, error);
  }

  /** Of the whole cache. */
  ofCache(what: string, error: unknown): void {
    this.#write('cache', what, error);
  }

  #write(source: string, what: string, error: unknown): void {
    const now = this.clock.now();
    const last = this.#lines.get(source);
    if (last !== undefined && now - last.at < QUIET) {
      this.#lines.set(source, { at: last.at, leftOut: last.leftOut + 1 });
      return;
    }
    if (this.#lines.size >= MOST_PREFIXES) this.#lines.clear();
    this.#lines.set(source, { at: now, leftOut: 0 });
    const leftOut =
      last === undefined || last.leftOut === 0 ? '' : ` (${last.leftOut} more left out since the last line)`;
    const { message, stack } = error instanceof Error ? error : { message: describeValue(error) };
    this.#logger.error(onOneLine(`Cache "${this.name}": ${what}: ${message}${leftOut}`), stack);
  }
}

/** A message may quote anybody's data: line ends or control characters in it must not pass for log lines of ours. */
function onOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ');
}
