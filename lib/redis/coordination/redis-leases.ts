import { DEFAULT_RECRUITER } from '../../recruiter/default-recruiter.js';
import { randomUUID } from 'node:crypto';
import type { JobRef, Lease } from '../../recruiter/coordination/coordinator.js';
import { checkText, checkTtl } from '../arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { RedisUnavailableError } from '../lua/send.js';
import { DEFAULT_PATIENCE_MS, jobKey } from './job-key.js';

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
   * The lease, or undefined while another worker holds it: one round trip.
   *
   * @param ttl - ms after which it ends by itself: above 0.
   * @param patience - how long to wait for the answer: ms. Default: 50.
   * @throws (as a rejection) TypeError or RangeError for a wrong id or ttl; RedisUnavailableError without an answer in time.
   */
  async acquire(jobId: string, ttl: number, patience?: number): Promise<Lease | undefined> {
    return acquireLease(this.#connection, { recruiter: this.recruiter, jobId }, ttl, patience);
  }
}

/** Asks once for the lease of a job, see {@link RedisLeases.acquire}. */
export async function acquireLease(
  { client, prefix }: RedisConnection,
  job: JobRef,
  ttl: number,
  patience = DEFAULT_PATIENCE_MS,
): Promise<Lease | undefined> {
  const holder = jobKey(prefix, job, LAYOUT, 'holder');
  checkTtl(ttl);
  const keys = [holder, jobKey(prefix, job, LAYOUT, 'token')];
  const secret = randomUUID();
  const release = async () =>
    void (await runScript(client, 'lease-release', [holder], [secret], { patience }));
  let token: unknown;
  try {
    token = await runScript(client, 'lease-acquire', keys, [secret, Math.ceil(ttl)], { patience });
  } catch (error) {
    // It may be granted nevertheless: the server runs this command next, and nobody waits for its answer.
    if (error instanceof RedisUnavailableError) release().catch(() => undefined);
    throw error;
  }
  if (token === null) return undefined;
  return { fencingToken: Number(token), release };
}
