import { ThrottledLog } from '../logging/throttled-log.js';
import { systemClock, type Clock } from '../time/clock.js';
import { cut } from '../options/cut.js';
import { describeValue } from '../options/describe-value.js';
import { keepable } from '../recruiter/slice/forensics.js';

/** What stands before the first colon, and no more of it than this. */
const LONGEST_PREFIX = 64;

/** Writes to Nest's logger: at most one entry a second for all keys that begin alike (`film` of `film:42`). */
export class Complaints {
  readonly #log = new ThrottledLog('EarlyRefreshCache');

  constructor(
    private readonly name: string,
    private readonly clock: Clock,
  ) {}

  /** Of one entry. */
  ofKey(key: string, what: string, error: unknown): void {
    const [prefix = ''] = cut(key, LONGEST_PREFIX).split(':', 1);
    this.#write(`keys ${describeValue(prefix)}`, `${describeValue(key)}: ${what}`, error);
  }

  /** Of the whole cache. */
  ofCache(what: string, error: unknown): void {
    this.#write(`cache "${this.name}"`, what, error);
  }

  #write(source: string, what: string, error: unknown): void {
    const { message, stack } = keepable(error, 'error', 0, systemClock);
    const text = `Cache "${this.name}": ${what}: ${message}`;
    this.#log.write({ source, text, level: 'error', stack }, this.clock.now());
  }
}
