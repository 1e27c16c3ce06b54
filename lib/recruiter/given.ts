/** Options without those that are undefined, as configuration that is not set gives them: they are left open. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
