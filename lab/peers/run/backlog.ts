import type { Redis } from 'ioredis';
import { BUCKET, COUNTERS, FIELDS, PARTITIONS } from '../plan/world.js';
import { fieldKeys, pendingKey } from '../work/keys.js';

const INTERVAL = 100;

/** Age of the oldest item that should have been done, by chore: ms, 0 when none waits. */
export interface Ages {
  readonly expire: number;
  readonly fold: number;
}

/** Looks into Redis from outside, ten times a second: no way tells its own backlog. */
export class Backlog {
  readonly samples: Ages[] = [];
  /** Commands that the looks have cost, by name. */
  readonly commands = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();

  constructor(private readonly redis: Redis) {}

  start(): void {
    const look = () => {
      this.#looking = this.look().then(
        (ages) => void this.samples.push(ages),
        (error: unknown) => console.error(error),
      );
    };
    this.#timer = setInterval(look, INTERVAL);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async look(): Promise<Ages> {
    const pipeline = this.redis.pipeline();
    for (let partition = 0; partition < PARTITIONS; partition++) {
      pipeline.zrange(fieldKeys(FIELDS, partition).index, 0, '0', 'WITHSCORES');
      pipeline.hkeys(pendingKey(COUNTERS, partition));
    }
    this.#count('zrange', PARTITIONS);
    this.#count('hkeys', PARTITIONS);
    const replies = (await pipeline.exec())!.map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    });
    const now = Date.now();
    const due = replies.filter((_, index) => index % 2 === 0).map((reply) => scoreOf(reply));
    const pending = replies.filter((_, index) => index % 2 === 1).flatMap((reply) => reply as string[]);
    const ends = pending.map((field) => Number.parseInt(field, 10) + BUCKET);
    return { expire: age(now, due), fold: age(now, ends) };
  }

  #count(command: string, times: number): void {
    this.commands.set(command, (this.commands.get(command) ?? 0) + times);
  }
}

function age(now: number, dues: readonly number[]): number {
  return Math.max(0, now - Math.min(Infinity, ...dues));
}

/** Of the first member, whether the pairs of the reply are nested (RESP3) or not. */
function scoreOf(reply: unknown): number {
  const [, score] = (reply as unknown[]).flat();
  return score === undefined ? Infinity : Number(score);
}
