/** The key layouts of VolatileHashes and Rollup as docs/redis/ has them, for who looks at them from outside. */
const PREFIX = 'work-stealing';

export function fieldKeys(name: string, partition: number) {
  const base = `${PREFIX}:{${name}:${partition}}:vh1:`;
  return {
    index: `${base}index`,
    hash: (hash: string) => `${base}hash:${hash}`,
    due: (hash: string) => `${base}due:${hash}`,
  };
}

export function pendingKey(name: string, partition: number): string {
  return `${PREFIX}:{${name}:${partition}}:ru1:pending`;
}

export function totalKey(name: string, partition: number, start: number): string {
  return `${PREFIX}:{${name}:${partition}}:ru1:total:${start}`;
}
