import { LUA } from './scripts.generated.js';

/** Commands of which each word of a second kind is a permission of its own. */
const CONTAINERS = new Set(['XINFO', 'XGROUP']);

/**
 * The commands that scripts call, by their texts, and those that run a script.
 *
 * @param scripts - their names.
 * @param direct - commands that are sent without a script.
 */
export function commandsOf(
  scripts: RegExp,
  direct: readonly string[] = [],
  lua: Readonly<Record<string, string>> = LUA,
): string[] {
  const texts = Object.entries(lua).flatMap(([name, text]) => (scripts.test(name) ? [text] : []));
  const calls = texts.flatMap((text) => [
    ...text.matchAll(/redis\.p?call\(\s*'([A-Z]+)'(?:,\s*'([A-Z]+)')?/g),
  ]);
  const called = calls.map(([, command, word]) =>
    CONTAINERS.has(command!) ? `${command} ${word}` : command!,
  );
  return [...new Set(['EVAL', 'EVALSHA', ...direct, ...called])].sort();
}
