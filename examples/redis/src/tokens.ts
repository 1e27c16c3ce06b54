import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Enlist, StealableJob, type Progress, type Slice } from 'nestjs-work-stealing';
import { WorkStealingRedis } from 'nestjs-work-stealing/redis';

/** ms that a token is valid. */
const TIME_TO_LIVE = 1000;
/** Tokens that one slice deletes at most. */
const LIMIT = 50;

/** Tokens in one sorted set, by when each expires. */
@Injectable()
export class Tokens {
  passes = 0;
  expired = 0;

  constructor(private readonly redis: WorkStealingRedis) {}

  async issue(): Promise<string> {
    const token = randomUUID();
    await this.redis.client.zadd(this.key, Date.now() + TIME_TO_LIVE, token);
    return token;
  }

  /** A token that is valid was easy to check: this process has a moment, and enlists. */
  @Enlist({ when: (isValid: boolean) => isValid })
  async isValid(token: string): Promise<boolean> {
    return Number(await this.redis.client.zscore(this.key, token)) > Date.now();
  }

  /** One pass in two seconds, by whichever process is recruited: a slice, and the next as long as a slice is full. */
  @StealableJob({ id: 'expire-tokens', every: 2000 })
  async expire(slice: Slice): Promise<Progress> {
    if (slice.pass?.isFirst === true) this.passes++;
    // The same for all slices of the pass: what expires meanwhile is left to the next one.
    const now = slice.pass?.dueAt.getTime() ?? Date.now();
    const due = await this.redis.client.zrangebyscore(this.key, 0, now, 'LIMIT', 0, LIMIT);
    const done = due.length === 0 ? 0 : await this.redis.client.zrem(this.key, ...due);
    this.expired += done;
    return { done, more: due.length === LIMIT };
  }

  private get key(): string {
    return `${this.redis.prefix}:tokens`;
  }
}
