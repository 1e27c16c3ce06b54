import { DEFAULT_RECRUITER } from '../../recruiter/default-recruiter.js';
import { randomUUID } from 'node:crypto';
import type { JobRef, Lease } from '../../recruiter/coordination/coordinator.js';
import { checkText, checkTtl } from '../arguments.js';
import { connectionOf, type RedisLike, type RedisConnection } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { RedisUnavailableError } from '../lua/send.js';
import { DEFAULT_PATIENCE_MS, jobKey } from './job-key.js';

/** Version of the layout of keys and values. */
const LAYOUT = 'l1';

/**
 * Keeps leases in Redis: each is a key that expires. For the leases of jobs use {@link RedisCoordinator}; use this class for
 * leases of your own.
 *
 * Acquiring a lease is one round trip, releasing it another. A lease that cannot be released, because its process died or
 * Redis does not reply, expires.
 */
export class RedisLeases {
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
   * Requests a lease once: one round trip.
   *
   * @param ttl - ms after which the lease expires: above 0.
   * @param patience - maximum wait for the reply: ms. Default: 50.
   * @returns the lease; undefined while another worker holds it.
   * @throws (as a rejection) TypeError or RangeError for an invalid id or ttl; RedisUnavailableError without a reply in time.
   */
  async acquire(jobId: string, ttl: number, patience?: number): Promise<Lease | undefined> {
    return acquireLease(this.#connection, { recruiter: this.recruiter, jobId }, ttl, patience);
  }
}

/** Requests the lease of a job once, see {@link RedisLeases.acquire}. */
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
    // The lease may be granted nevertheless: the server runs this command after that, and its reply is ignored.
    if (error instanceof RedisUnavailableError) release().catch(() => undefined);
    throw error;
  }
  if (token === null) return undefined;
  return { fencingToken: Number(token), release };
}
