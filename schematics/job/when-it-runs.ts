/** Options that say when a job runs. */
export interface When {
  /** By rate, once a period, or until its data are done. @default rate */
  readonly type?: 'rate' | 'every' | 'cursor';
  /** The share of enlistments that carry a slice of it, 0 to 1. @default the library's own */
  readonly rate?: number;
  /** The period: ms. @default 3_600_000 for the type `every` */
  readonly every?: number;
  /** Whose period it is. @default fleet where the project has a client of Redis, otherwise process */
  readonly scope?: 'fleet' | 'process';
}

const HOUR = 3_600_000;

/** The decorator of a job with this id, as the CLI's Prettier would have it. */
export function decoratorOf(id: string, { type, rate, every, scope }: When): string {
  const period = every ?? (type === 'every' ? HOUR : undefined);
  const lines = [`id: '${id}', // stays as it is when a bundler shortens the class's name`];
  if (rate !== undefined) lines.push(`rate: ${rate}, // the share of enlistments that carry a slice of this`);
  if (period !== undefined) lines.push(...periodLines(period, scope));
  return `@StealableJob({\n${lines.map((line) => `  ${line}\n`).join('')}})`;
}

function periodLines(ms: number, scope: When['scope']): string[] {
  const period = String(ms).replaceAll(/\B(?=(\d{3})+$)/g, '_');
  if (scope === 'fleet') return [`every: ${period}, // ms: one pass a period in the whole fleet`];
  return [
    `// In ms; with Redis it can be one pass a period in the whole fleet: every: ${period}`,
    `every: { ms: ${period}, scope: 'process' },`,
  ];
}
