import { DEFAULT_RECRUITER } from '../../recruiter/default-recruiter.js';
import { check } from '../../options/option.js';
import type { JobRef } from '../../recruiter/coordination/coordinator.js';
import { PER_SECOND } from '../../recruiter/job-options.js';
import { checkText } from '../arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { DEFAULT_PATIENCE_MS, jobKey } from './job-key.js';

/** Changes when the layout of keys or values does. */
const LAYOUT = 'p1';

/**
 * Keeps the paces of one recruiter's jobs in Redis: a key for each, and one round trip for each slice that a process
 * has drawn. Jobs get theirs by themselves, see {@link RedisCoordinator}.
 *
 * Slices are admitted 1/perSecond seconds apart (GCRA; ITU-T I.371, without a burst). A process that is refused is
 * told for how long not to ask again; that time grows with the number of those who ask, so that Redis is asked three
 * to four times in 1/perSecond seconds, whatever the fleet's size. The recruiter whose slice was admitted asks again when
 * the next one fits, so a fleet with enough to do reaches its pace.
 */
export class RedisPaces {
  readonly #connection: RedisConnection;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param recruiter - name of the recruiter: jobs of the same id in two recruiters are two jobs.
   */
  constructor(
    redis: RedisLike | RedisConnection,
    private readonly recruiter: string = DEFAULT_RECRUITER,
  ) {
    checkText('recruiter', recruiter);
    this.#connection = connectionOf(redis);
  }

  /**
   * 0 when a slice fits the pace now, otherwise for how long not to ask again: ms. One round trip.
   *
   * @param perSecond - slices a second in the whole fleet: above 0, at most 2^45 ms apart.
   * @param patience - how long to wait for the answer: ms. Default: 50.
   * @throws (as a rejection) TypeError or RangeError for a wrong id or pace; RedisUnavailableError without an answer in time.
   */
  async take(jobId: string, perSecond: number, patience?: number): Promise<number> {
    return takePace(this.#connection, { recruiter: this.recruiter, jobId }, perSecond, patience);
  }
}

/** Asks once whether a slice of a job fits its pace, see {@link RedisPaces.take}. */
export async function takePace(
  { client, prefix }: RedisConnection,
  job: JobRef,
  perSecond: number,
  patience = DEFAULT_PATIENCE_MS,
): Promise<number> {
  const key = jobKey(prefix, job, LAYOUT, 'state');
  check('pace.perSecond', perSecond, PER_SECOND);
  const wait = Number(await runScript(client, 'pace-take', [key], [perSecond], { patience }));
  // Those who were refused at the same moment should not come back at the same moment.
  return wait * (1 + Math.random());
}
