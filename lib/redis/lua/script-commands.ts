import { LUA } from './scripts.generated.js';

/** Commands whose subcommands are separate permissions. */
const CONTAINERS = new Set(['XINFO', 'XGROUP']);

/**
 * Returns the commands that scripts call, by their source, and the commands that run a script.
 *
 * @param scripts - pattern of the names of the scripts.
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
