import { systemClock, type Clock } from '../time/clock.js';
import { Log } from './log.js';

/** At most one entry in this time for one source: ms. The entries of all sources together are counted as long. */
const QUIET = 1000;
/** Entries of all sources in that time. */
const MOST_ENTRIES = 10;
/** Sources that are remembered: their names may be made up at run time. */
const MOST_SOURCES = 500;
/** Sources that a summary names. */
const NAMED = 5;

/** One thing that went wrong. */
export interface Entry {
  /** What went wrong as a whole, such as one job: entries of the same source are throttled together. */
  readonly source: string;
  readonly text: string;
  /** Of an error; where it is cut short on purpose there is none, and it is a warning. */
  readonly level: 'warn' | 'error';
  readonly stack?: string | undefined;
}

/** When a source was last written, and how many entries of it were left out since. */
interface Line {
  readonly at: number;
  readonly leftOut: number;
}

/**
 * Writes what goes wrong again and again: an entry a second for each source, ten a second in all, with the number left
 * out. When everything fails at once the first ones are written whole, and a line says how many more there were.
 */
export class ThrottledLog {
  readonly #log: Log;
  /** Those written last come last. */
  readonly #sources = new Map<string, Line>();
  #since = -Infinity;
  #written = 0;
  #leftOut = 0;
  readonly #leftOutOf = new Set<string>();

  /** @param context - what Nest's logger shows in brackets. */
  constructor(
    context: string,
    private readonly clock: Pick<Required<Clock>, 'after'> = systemClock,
  ) {
    this.#log = new Log(context);
  }

  /** @param at - now, in ms, by whichever clock the caller always reads. */
  write({ source, text, level, stack }: Entry, at: number): void {
    const last = this.#sources.get(source);
    if (last !== undefined && isWithin(QUIET, last.at, at)) {
      this.#sources.set(source, { at: last.at, leftOut: last.leftOut + 1 });
      return;
    }
    if (!this.#hasRoom(at)) return this.#leaveOut(source);
    this.#remember(source, at);
    const left = last?.leftOut ?? 0;
    const line = left === 0 ? text : `${text} (${left} more left out since the last line)`;
    if (level === 'warn') this.#log.warn(line);
    else this.#log.error(line, stack);
  }

  #hasRoom(at: number): boolean {
    if (!isWithin(QUIET, this.#since, at)) [this.#since, this.#written] = [at, 0];
    return this.#written++ < MOST_ENTRIES;
  }

  #remember(source: string, at: number): void {
    this.#sources.delete(source);
    this.#sources.set(source, { at, leftOut: 0 });
    if (this.#sources.size > MOST_SOURCES) this.#sources.delete(this.#sources.keys().next().value!);
  }

  #leaveOut(source: string): void {
    if (this.#leftOut++ === 0) this.clock.after(QUIET, () => this.#sumUp());
    if (this.#leftOutOf.size < MOST_SOURCES) this.#leftOutOf.add(source);
  }

  #sumUp(): void {
    const sources = [...this.#leftOutOf];
    const more = sources.length > NAMED ? `, … (${sources.length} in all)` : '';
    this.#log.warn(
      `${this.#leftOut} more errors were left out, as no more than ${MOST_ENTRIES} a second are written; they are of ` +
        `${sources.slice(0, NAMED).join(', ')}${more}.`,
    );
    this.#leftOut = 0;
    this.#leftOutOf.clear();
  }

  /** What is remembered of sources: for tests that look for what grows. */
  get size(): number {
    return this.#sources.size + this.#leftOutOf.size;
  }
}

/** A clock that was set back must not silence the log. */
function isWithin(time: number, from: number, at: number): boolean {
  return at >= from && at - from < time;
}
