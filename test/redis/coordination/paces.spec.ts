import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { Recruiter, StealableJob, WorkStealingModule } from 'nestjs-work-stealing';
import { RedisPaces, WorkStealingRedisModule } from 'nestjs-work-stealing/redis';
import { deterministic } from 'nestjs-work-stealing/testing';
import { useRedis } from '../../support/redis.js';

/** A busy machine may leave the server or this process aside for seconds: ms. */
const PATIENCE = 20_000;

describe('RedisPaces', () => {
  const server = useRedis();
  let client: Redis;

  beforeAll(() => {
    client = new Redis(server.url);
  });
  afterAll(() => client.quit());

  async function serverTime(): Promise<number> {
    const [seconds, microseconds] = (await client.time()).map(Number);
    return seconds! * 1e6 + microseconds!;
  }

  it('admits slices no closer than the pace, however many ask', async () => {
    const paces = Array.from({ length: 20 }, () => new RedisPaces(client));
    const begun = await serverTime();
    let admitted = 0;
    let ended = begun;
    while (admitted < 10) {
      const waits = await Promise.all(paces.map((pace) => pace.take('spaced', 50, PATIENCE)));
      admitted += waits.filter((wait) => wait === 0).length;
      ended = await serverTime();
    }
    // Each is an interval of 20 ms after the one before, at least; how long a round takes is the machine's affair.
    expect(ended - begun).toBeGreaterThanOrEqual((admitted - 1) * 20_000);
  });

  it('tells a crowd to stay away for longer than a few, and for no longer than it takes to let three ask for a slice', async () => {
    // Ten seconds between two slices: all of them ask before the second is due, on a slow machine too.
    const ask = (job: string) => new RedisPaces(client).take(job, 0.1, PATIENCE);
    const few: number[] = [];
    for (let index = 0; index < 3; index++) few.push(await ask('few'));
    const crowd: number[] = [];
    for (let index = 0; index < 46; index++) crowd.push(await ask('crowd'));
    expect(Math.max(...few)).toBeLessThanOrEqual(2 * 10_000);
    // 45 processes that each ask every 150 s ask three times in 10 s; chance makes one and a half of 100 s of it.
    const last = crowd.slice(-5);
    expect(Math.min(...last)).toBeGreaterThanOrEqual((42 / 4.5) * 10_000);
    expect(Math.max(...last)).toBeLessThanOrEqual(2 * (46 / 4.5) * 10_000);
  });

  it('takes one look after a long silence for the whole truth: those who asked in vain were no crowd', async () => {
    const pace = new RedisPaces(client);
    await pace.take('silent', 1, PATIENCE);
    const key = 'work-stealing:{default:silent}:p1:state';
    const now = await serverTime();
    await client.hset(key, { since: now - 100_000_000, asks: 1, spread: 500, next: now + 900_000 });
    expect(await pace.take('silent', 1, PATIENCE)).toBeLessThan(2 * 4000);
  });

  it('tells those it refuses to stay away for an interval at least, each for as long as chance will have it', async () => {
    const ask = () => new RedisPaces(client).take('by chance', 0.01, PATIENCE);
    expect(await ask()).toBe(0);
    const waits = [await ask(), await ask(), await ask()];
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(200_000);
    expect(new Set(waits).size).toBe(3);
  });

  it('does not wait out a slower pace that the job had before, nor the hour by which a clock was put back', async () => {
    const paces = new RedisPaces(client);
    expect(await paces.take('quickened', 0.001, PATIENCE)).toBe(0);
    expect(await paces.take('quickened', 1, PATIENCE)).toBeLessThanOrEqual(2 * 1000);
    await paces.take('put back', 1, PATIENCE);
    const [key] = await client.keys('*:{default:put back}:*');
    const hence = String((await serverTime()) + 3.6e9);
    await client.hset(key!, { next: hence, since: hence });
    expect(await paces.take('put back', 1, PATIENCE)).toBeLessThanOrEqual(2 * 1000);
  });

  it.each<[string, unknown, unknown, string]>([
    ['no id', undefined, 1, 'jobId is undefined; expected a string'],
    ['an empty id', '', 1, "jobId is ''; expected a string that is not empty"],
    ['a pace of none', 'a', 0, 'perSecond is 0'],
    ['a pace that is none', 'a', NaN, 'perSecond is NaN'],
  ])('refuses %s', async (_what, jobId, perSecond, message) => {
    const taken = new RedisPaces(client).take(jobId as string, perSecond as number);
    await expect(taken).rejects.toThrow(message);
  });

  it('refuses a recruiter without a name', () => {
    expect(() => new RedisPaces(client, '')).toThrow("recruiter is ''; expected a string that is not empty");
  });

  it('keeps paces of recruiters and jobs apart, and lets go of what is not asked for', async () => {
    expect(await new RedisPaces(client, 'a').take('job', 0.01, PATIENCE)).toBe(0);
    expect(await new RedisPaces(client, 'b').take('job', 0.01, PATIENCE)).toBe(0);
    expect(await new RedisPaces(client, 'a').take('job {2}', 0.01, PATIENCE)).toBe(0);
    expect(await new RedisPaces(client, 'a').take('job', 0.01, PATIENCE)).toBeGreaterThan(0);
    const keys = await client.keys('work-stealing:{a:job*');
    expect(keys.sort()).toEqual(['work-stealing:{a:job %7b2%7d}:p1:state', 'work-stealing:{a:job}:p1:state']);
    for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0);
  });

  it('is given to every recruiter by the module, so two applications share one pace', async () => {
    @StealableJob({ rate: 1, pace: { perSecond: 0.01 } })
    class Chore {
      slices = 0;

      recruited(): void {
        this.slices++;
      }
    }
    const start = async () => {
      const app = await Test.createTestingModule({
        imports: [
          WorkStealingModule.forRoot({ ...deterministic(), budget: PATIENCE }),
          WorkStealingRedisModule.forRoot({ client }),
        ],
        providers: [Chore],
      }).compile();
      return app.init();
    };
    const apps = [await start(), await start()];
    for (let turn = 0; turn < 5; turn++) await Promise.all(apps.map((app) => app.get(Recruiter).enlist()));
    expect(apps.reduce((sum, app) => sum + app.get(Chore).slices, 0)).toBe(1);
    await Promise.all(apps.map((app) => app.close()));
  });
});
