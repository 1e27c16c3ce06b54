/** `[field, value, …]` as an object. `__proto__` becomes a field like any other. */
export function pairsToRecord(pairs: readonly string[]): Record<string, string> {
  const entries: [string, string][] = [];
  for (let index = 0; index + 1 < pairs.length; index += 2) entries.push([pairs[index]!, pairs[index + 1]!]);
  return Object.fromEntries(entries);
}
