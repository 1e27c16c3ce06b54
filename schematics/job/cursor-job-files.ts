import type { JobFile } from './job-files.js';

/** A CursorJob: it compiles, runs, and ends at once until its author fills in what it goes through. */
export function cursorJobSource({ className, decorator }: JobFile): string {
  return `import { Injectable } from '@nestjs/common';
import { StealableJob } from 'nestjs-work-stealing';
import {
  CursorJob,
  WorkStealingRedis,
  type Page,
} from 'nestjs-work-stealing/redis';

export interface Item {
  readonly id: string;
}

/** Stands for a table: put a query in its place. */
const ITEMS: readonly Item[] = [];

${decorator}
@Injectable()
export class ${className} extends CursorJob<Item> {
  constructor(redis: WorkStealingRedis) {
    super(redis, '${className}'); // what its cursor is called in Redis
  }

  /** The items after the cursor, by id; without a \`next\` the sweep ends. */
  fetch(cursor: string | undefined, limit: number): Page<Item> {
    const items = ITEMS.filter(
      ({ id }) => cursor === undefined || id > cursor,
    ).slice(0, limit);
    return { items, next: items.length < limit ? undefined : items.at(-1)?.id };
  }

  /** Does the work, and returns how many items it changed. After a failure it gets items again. */
  process(items: readonly Item[]): number {
    return items.length;
  }
}
`;
}

/** A spec of its pages, for which it needs no server. */
export function cursorSpecSource({ className, specifier, client }: JobFile): string {
  return `import { Redis } from '${client}';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';
import { ${className} } from '${specifier}';

describe('${className}', () => {
  const client = new Redis({ lazyConnect: true }); // never connects
  const redis = new WorkStealingRedis(client, 'test', false);

  it('should have nothing to do at first', () => {
    const job = new ${className}(redis);
    expect(job.fetch(undefined, 100)).toEqual({ items: [] });
  });
});
`;
}
