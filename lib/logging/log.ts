import { Logger } from '@nestjs/common';
import { cut, shortened } from '../options/cut.js';

/** Maximum length of a line: characters. */
const MAX_LINE_LENGTH = 4000;
/** Maximum length of a stack: characters. */
const MAX_STACK_LENGTH = 8192;
/** Maximum of kinds that `warnOnce` remembers, and maximum length of each: characters. */
const MAX_KINDS = 100;
const MAX_KIND_LENGTH = 200;

/**
 * The only access of this package to Nest's logger, which a test checks. Lines quote job IDs, keys and errors, which may be
 * foreign input: it can neither begin a new line nor act as a format.
 */
export class Log {
  readonly #logger: Logger;
  readonly #warned = new Set<string>();

  /** @param context - the context that Nest's logger shows in brackets. */
  constructor(context: string) {
    this.#logger = new Logger(context);
  }

  info(message: string): void {
    this.#logger.log(asLine(message));
  }

  warn(message: string): void {
    this.#logger.warn(asLine(message));
  }

  error(message: string, stack?: string): void {
    if (stack === undefined) this.#logger.error(asLine(message));
    else this.#logger.error(asLine(message), indented(stack));
  }

  /**
   * Warns once for each kind, for problems that recur.
   *
   * @param kind - identifies warnings about the same problem.
   */
  warnOnce(kind: string, message: string): void {
    const kept = cut(kind, MAX_KIND_LENGTH);
    if (this.#warned.has(kept) || this.#warned.size >= MAX_KINDS) return;
    this.#warned.add(kept);
    this.warn(message);
  }
}

/** Line ends, other control characters, and those that change the writing direction. */
const UNPRINTABLE = /[\s\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu;
const UNPRINTABLE_IN_STACK = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;
/** Placeholders of `util.format()`, which the console, winston and others use. */
const FORMAT = /%(?=[scdjifoO%])/g;

function asLine(message: string): string {
  const line = cut(message, 2 * MAX_LINE_LENGTH)
    .replace(UNPRINTABLE, ' ')
    .replace(FORMAT, '% ');
  return shortened(line, MAX_LINE_LENGTH);
}

/** Indents a stack, which begins with the name and message of its error: only a name that ends in `Error` or `Exception` is not indented. */
function indented(stack: string): string {
  return cut(stack, MAX_STACK_LENGTH)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line, index) => {
      const isPlain = line.startsWith('    ') || (index === 0 && /^\w*(?:Error|Exception)\b/.test(line));
      return (isPlain ? line : `    ${line}`).replace(UNPRINTABLE_IN_STACK, ' ');
    })
    .join('\n');
}
