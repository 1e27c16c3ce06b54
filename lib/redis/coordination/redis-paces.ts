import { DEFAULT_RECRUITER } from '../../recruiter/default-recruiter.js';
import { check } from '../../options/option.js';
import type { JobRef } from '../../recruiter/coordination/coordinator.js';
import { PER_SECOND } from '../../recruiter/job-options.js';
import { checkText } from '../arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { DEFAULT_PATIENCE_MS, jobKey } from './job-key.js';

/** Version of the layout of keys and values. */
const LAYOUT = 'p1';

/**
 * Keeps the paces of jobs in Redis: one key for each job, and one round trip for each slice that a process has drawn. For the
 * paces of jobs use {@link RedisCoordinator}; use this class for paces of your own.
 *
 * Slices are admitted 1/perSecond seconds apart (GCRA; ITU-T I.371, without a burst). A refusal includes the time for which
 * the process must not ask again. It grows with the number of processes that ask, so Redis is asked three to four times in
 * 1/perSecond seconds, whatever the size of the fleet. The process whose slice was admitted asks again when the next one
 * fits, so a fleet with enough work reaches its pace.
 */
export class RedisPaces {
  readonly #connection: RedisConnection;

  /**
   * @param redis - a client of ioredis, or the {@link WorkStealingRedis} of the module.
   * @param recruiter - name of the recruiter: jobs with the same id in two recruiters are two jobs.
   * @throws TypeError when `redis` is neither; WorkStealingConfigError for a client with an unusable option.
   */
  constructor(
    redis: RedisLike | RedisConnection,
    private readonly recruiter: string = DEFAULT_RECRUITER,
  ) {
    checkText('recruiter', recruiter);
    this.#connection = connectionOf(redis);
  }

  /**
   * Requests once that a slice runs now: one round trip.
   *
   * @param perSecond - maximum slices a second in the whole fleet: above 0, at most 2^45 ms apart.
   * @param patience - maximum wait for the reply: ms. Default: 50.
   * @returns 0 when the slice fits the pace; otherwise ms for which this process must not ask again.
   * @throws (as a rejection) TypeError or RangeError for an invalid id or pace; RedisUnavailableError without a reply in time.
   */
  async take(jobId: string, perSecond: number, patience?: number): Promise<number> {
    return takePace(this.#connection, { recruiter: this.recruiter, jobId }, perSecond, patience);
  }
}

/** Requests a slice of a job once, see {@link RedisPaces.take}. */
export async function takePace(
  { client, prefix }: RedisConnection,
  job: JobRef,
  perSecond: number,
  patience = DEFAULT_PATIENCE_MS,
): Promise<number> {
  const key = jobKey(prefix, job, LAYOUT, 'state');
  check('pace.perSecond', perSecond, PER_SECOND);
  const wait = Number(await runScript(client, 'pace-take', [key], [perSecond], { patience }));
  // Processes that were refused at the same time should not ask again at the same time.
  return wait * (1 + Math.random());
}
