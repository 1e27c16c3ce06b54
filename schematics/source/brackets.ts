const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** A stretch of source: from `start` up to `end`, which is not part of it. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What stands between the bracket at `open` and the one that closes it; undefined when nothing does. */
export function within(code: string, open: number): Range | undefined {
  const expected: string[] = [];
  for (let at = open; at < code.length; at++) {
    const closing = CLOSING[code.charAt(at)];
    if (closing !== undefined) expected.push(closing);
    else if (/[)\]}]/.test(code.charAt(at)) && expected.pop() !== code[at]) return undefined;
    if (expected.length === 0) return { start: open + 1, end: at };
  }
  return undefined;
}

/**
 * The elements of a list, split at its own commas, without the blanks around them. An element that is nothing but
 * blanks is left out, as after a comma at the end.
 */
export function elements(code: string, { start, end }: Range): Range[] {
  const found: Range[] = [];
  let from = start;
  let depth = 0;
  for (let at = start; at <= end; at++) {
    const character = code.charAt(at);
    if (at < end && '([{'.includes(character)) depth++;
    else if (at < end && ')]}'.includes(character)) depth--;
    else if (at === end || (character === ',' && depth === 0)) {
      const element = trimmed(code, { start: from, end: at });
      if (element.start < element.end) found.push(element);
      from = at + 1;
    }
  }
  return found;
}

function trimmed(code: string, { start, end }: Range): Range {
  const text = code.slice(start, end);
  return { start: end - text.trimStart().length, end: start + text.trimEnd().length };
}
