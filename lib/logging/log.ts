import { Logger } from '@nestjs/common';
import { cut, shortened } from '../options/cut.js';

/** A line of the log is no longer: characters. */
const LONGEST_LINE = 4000;
/** Nor is a stack: characters. */
const LONGEST_STACK = 8192;
/** Things that are remembered as said, and what is remembered of the kind of each: characters. */
const MOST_SAID = 100;
const LONGEST_KIND = 200;

/**
 * The only way from this package to Nest's logger; a test sees to that. Lines quote job ids, keys and errors,
 * and so whatever somebody else wrote: it cannot begin a line of its own, and is no format.
 */
export class Log {
  readonly #logger: Logger;
  readonly #said = new Set<string>();

  /** @param context - what Nest's logger shows in brackets. */
  constructor(context: string) {
    this.#logger = new Logger(context);
  }

  info(text: string): void {
    this.#logger.log(asLine(text));
  }

  warn(text: string): void {
    this.#logger.warn(asLine(text));
  }

  error(text: string, stack?: string): void {
    if (stack === undefined) this.#logger.error(asLine(text));
    else this.#logger.error(asLine(text), indented(stack));
  }

  /**
   * Warns of each thing once: what is wrong is wrong again the next time.
   *
   * @param kind - what warnings of the same thing have in common.
   */
  warnOnce(kind: string, text: string): void {
    const kept = cut(kind, LONGEST_KIND);
    if (this.#said.has(kept) || this.#said.size >= MOST_SAID) return;
    this.#said.add(kept);
    this.warn(text);
  }
}

/** Line ends, other control characters, and those that turn the direction of what follows. */
const UNPRINTABLE = /[\s\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu;
const UNPRINTABLE_IN_STACK = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;
/** What `util.format()`, and with it the console, winston and others, put an argument in place of. */
const FORMAT = /%(?=[scdjifoO%])/g;

function asLine(text: string): string {
  const line = cut(text, 2 * LONGEST_LINE)
    .replace(UNPRINTABLE, ' ')
    .replace(FORMAT, '% ');
  return shortened(line, LONGEST_LINE);
}

/** A stack begins with the name and the message of its error: only `Error`, or a name that ends so, begins a line. */
function indented(stack: string): string {
  return cut(stack, LONGEST_STACK)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line, index) => {
      const isPlain = line.startsWith('    ') || (index === 0 && /^\w*(?:Error|Exception)\b/.test(line));
      return (isPlain ? line : `    ${line}`).replace(UNPRINTABLE_IN_STACK, ' ');
    })
    .join('\n');
}
