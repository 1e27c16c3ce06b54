import { LUA } from './scripts.generated.js';

/** The commands that scripts call, by their texts, and those that run a script. */
export function commandsOf(scripts: RegExp): string[] {
  const texts = Object.entries(LUA).flatMap(([name, text]) => (scripts.test(name) ? [text] : []));
  const calls = texts.flatMap((text) => [...text.matchAll(/redis\.p?call\(\s*'([A-Z]+)'/g)]);
  return [...new Set(['EVAL', 'EVALSHA', ...calls.map(([, command]) => command!)])];
}
