import { DEFAULT_RECRUITER } from '../../recruiter/default-recruiter.js';
import { check } from '../../options/option.js';
import { PER_SECOND } from '../../recruiter/job-options.js';
import { checkText } from '../arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../connection/client.js';
import { keyPart } from '../partitions/key-part.js';
import { runScript } from '../lua/script.js';

/** How long to wait where the recruiter does not say: ms, the default budget of a slice. */
const DEFAULT_BUDGET = 50;

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
  readonly #client: RedisLike;
  readonly #prefix: string;

  /**
   * @param redis - a client of ioredis, or what `WorkStealingRedisModule` provides.
   * @param recruiter - name of the recruiter: jobs of the same id in two recruiters are two jobs.
   */
  constructor(
    redis: RedisLike | RedisConnection,
    private readonly recruiter: string = DEFAULT_RECRUITER,
  ) {
    checkText('recruiter', recruiter);
    const { client, prefix } = connectionOf(redis);
    this.#client = client;
    this.#prefix = prefix;
  }

  /** 0 when a slice fits the pace now, otherwise for how long not to ask again: ms. One round trip. */
  async take(jobId: string, perSecond: number, patience = DEFAULT_BUDGET): Promise<number> {
    checkText('jobId', jobId);
    check('pace.perSecond', perSecond, PER_SECOND);
    const key = `${this.#prefix}:{${keyPart(this.recruiter)}:${keyPart(jobId)}}:${LAYOUT}:state`;
    const wait = Number(await runScript(this.#client, 'pace-take', [key], [perSecond], { patience }));
    // Those who were refused at the same moment should not come back at the same moment.
    return wait * (1 + Math.random());
  }
}
