import { Injectable } from '@nestjs/common';
import { StealableJob } from 'nestjs-work-stealing';
import { CursorJob, WorkStealingRedis, type Page } from 'nestjs-work-stealing/redis';

interface User {
  readonly id: number;
  readonly email: string;
}

/** Stands for a table. */
const USERS: readonly User[] = Array.from({ length: 500 }, (_, index) => {
  return { id: index + 1, email: `User${index + 1}@Example.com` };
});

/**
 * A backfill: for each user the id by email, in lower case. The cursor is in Redis: it goes on where it was after a
 * restart, and processes share it.
 */
@Injectable()
@StealableJob({ id: 'index-emails', rate: 0.2 })
export class EmailIndex extends CursorJob<User> {
  constructor(private readonly redis: WorkStealingRedis) {
    super(redis, 'email-index');
  }

  /** `SELECT * FROM users WHERE id > $cursor ORDER BY id LIMIT $limit` */
  protected fetch(cursor: string | undefined, limit: number): Page<User> {
    const from = Number(cursor ?? 0);
    const items = USERS.slice(from, from + limit);
    return { items, next: from + items.length < USERS.length ? String(items.at(-1)!.id) : undefined };
  }

  /** May see a user twice, after a crash: writing the same again does no harm. */
  protected async process(users: readonly User[]): Promise<void> {
    const entries = users.map(({ id, email }) => [email.toLowerCase(), String(id)] as const);
    await this.redis.client.hset(`${this.redis.prefix}:user-by-email`, Object.fromEntries(entries));
  }

  protected override total(): number {
    return USERS.length;
  }
}
