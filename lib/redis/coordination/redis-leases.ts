import { DEFAULT_RECRUITER } from '../../recruiter/default-recruiter.js';
import { randomUUID } from 'node:crypto';
import type { Lease } from '../../recruiter/coordination/coordinator.js';
import { checkText, checkTtl } from '../arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../connection/client.js';
import { keyPart } from '../partitions/key-part.js';
import { runScript } from '../lua/script.js';
import { RedisUnavailableError } from '../lua/send.js';

/** How long to wait where the recruiter does not say: ms, the default budget of a slice. */
const DEFAULT_BUDGET = 50;

/** Changes when the layout of keys or values does. */
const LAYOUT = 'l1';

/**
 * Keeps the leases of one recruiter's jobs in Redis: each is a key that expires. Jobs get theirs by themselves, see
 * {@link RedisCoordinator}; use it by hand for leases of your own.
 *
 * Asking is one round trip, ending it another. A lease that cannot be ended, because its process died or Redis does
 * not answer, ends by itself.
 */
export class RedisLeases {
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

  /**
   * The lease, or undefined while another worker holds it: one round trip.
   *
   * @param patience - how long to wait for the answer: ms.
   */
  async acquire(jobId: string, ttl: number, patience = DEFAULT_BUDGET): Promise<Lease | undefined> {
    checkText('jobId', jobId);
    checkTtl(ttl);
    const base = `${this.#prefix}:{${keyPart(this.recruiter)}:${keyPart(jobId)}}:${LAYOUT}:`;
    const holder = `${base}holder`;
    const secret = randomUUID();
    const args = [secret, Math.ceil(ttl)];
    const release = async () =>
      void (await runScript(this.#client, 'lease-release', [holder], [secret], { patience }));
    let token: unknown;
    try {
      token = await runScript(this.#client, 'lease-acquire', [holder, `${base}token`], args, { patience });
    } catch (error) {
      // It may be granted nevertheless: the server runs this command next, and nobody waits for its answer.
      if (error instanceof RedisUnavailableError) release().catch(() => undefined);
      throw error;
    }
    if (token === null) return undefined;
    return { fencingToken: Number(token), release };
  }
}
