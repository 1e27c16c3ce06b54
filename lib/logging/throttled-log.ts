import { systemClock, type Clock } from '../time/clock.js';
import { Log } from './log.js';

/** Minimum time between two entries of one source, and the time in which all entries are counted. */
const QUIET_MS = 1000;
/** Maximum of entries of all sources in that time. */
const MAX_ENTRIES = 10;
/** Maximum of sources that are remembered, since their names may be created at run time. */
const MAX_SOURCES = 500;
/** Maximum of sources in a summary. */
const MAX_NAMED = 5;

/** An error or warning. */
export interface Entry {
  /** Origin, such as one job: entries of the same source are throttled together. */
  readonly source: string;
  readonly text: string;
  /** `warn` for a slice that was cut short on purpose, which has no stack. */
  readonly level: 'warn' | 'error';
  readonly stack?: string | undefined;
}

/** When a source was last written, and how many entries of it were left out since. */
interface Line {
  readonly at: number;
  readonly leftOut: number;
}

/**
 * Writes recurring errors: at most one entry a second for each source and ten a second in all, with the number of those
 * left out. If everything fails at once, the first ones are written in full, followed by a summary of the others.
 */
export class ThrottledLog {
  readonly #log: Log;
  /** Sources in the order of their last entry. */
  readonly #sources = new Map<string, Line>();
  #since = -Infinity;
  #written = 0;
  #leftOut = 0;
  readonly #leftOutOf = new Set<string>();

  /** @param context - the context that Nest's logger shows in brackets. */
  constructor(
    context: string,
    private readonly clock: Pick<Required<Clock>, 'after'> = systemClock,
  ) {
    this.#log = new Log(context);
  }

  /** @param at - the present time in ms, always by the same clock. */
  write({ source, text, level, stack }: Entry, at: number): void {
    const last = this.#sources.get(source);
    if (last !== undefined && isWithin(QUIET_MS, last.at, at)) {
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
    if (!isWithin(QUIET_MS, this.#since, at)) [this.#since, this.#written] = [at, 0];
    return this.#written++ < MAX_ENTRIES;
  }

  #remember(source: string, at: number): void {
    this.#sources.delete(source);
    this.#sources.set(source, { at, leftOut: 0 });
    if (this.#sources.size > MAX_SOURCES) this.#sources.delete(this.#sources.keys().next().value!);
  }

  #leaveOut(source: string): void {
    if (this.#leftOut++ === 0) this.clock.after(QUIET_MS, () => this.#sumUp());
    if (this.#leftOutOf.size < MAX_SOURCES) this.#leftOutOf.add(source);
  }

  #sumUp(): void {
    const sources = [...this.#leftOutOf];
    const more = sources.length > MAX_NAMED ? `, … (${sources.length} in all)` : '';
    this.#log.warn(
      `${this.#leftOut} more errors were left out, since at most ${MAX_ENTRIES} a second are written; they are of ` +
        `${sources.slice(0, MAX_NAMED).join(', ')}${more}.`,
    );
    this.#leftOut = 0;
    this.#leftOutOf.clear();
  }

  /** Number of remembered sources, for tests of memory growth. */
  get size(): number {
    return this.#sources.size + this.#leftOutOf.size;
  }
}

/** A clock that was set back must not silence the log. */
function isWithin(time: number, from: number, at: number): boolean {
  return at >= from && at - from < time;
}
