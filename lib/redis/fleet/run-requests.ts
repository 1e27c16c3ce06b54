import { randomUUID } from 'node:crypto';
import type { LocalProcess } from '../../fleet/fleet-backend.js';
import type { Target } from '../../fleet/target.js';
import type { Log } from '../../logging/log.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { recordOf, send } from '../lua/send.js';
import type { FleetKeys } from './fleet-keys.js';
import type { OrdersStore } from './orders-store.js';
import { listOf, readStamped, stringOf } from './values.js';

/** How long a request for a slice is valid. */
const REQUEST_TTL_MS = 10_000;
/** Attempts after which a process leaves a slice to the others, where another has claimed it or its own gates refuse it. */
const ATTEMPTS_IF_CLAIMED = 3;
const ATTEMPTS_IF_GATED = 20;

/** Requests for single slices (`runOnce`): the first process that claims one runs it. */
export class RunRequests {
  /** Attempts left, by request, for slices that this process could not claim or run. */
  readonly #attemptsLeft = new Map<string, number>();

  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly store: OrdersStore,
    private readonly local: LocalProcess,
    private readonly log: Log,
  ) {}

  /** Whether to try again although the revision has not changed. */
  get isWaiting(): boolean {
    return this.#attemptsLeft.size > 0;
  }

  /** Requests a slice from any process of the fleet, including this one. */
  async add(job: Required<Target>, by: string): Promise<void> {
    await this.store.requestRun(randomUUID(), job, by, REQUEST_TTL_MS);
  }

  /** Claims and runs the slices that this process has a job for. */
  async runClaimable(): Promise<void> {
    const requests = recordOf(await send(this.client, 'HGETALL', [this.keys.runs]));
    for (const id of this.#attemptsLeft.keys()) {
      if (!Object.hasOwn(requests, id)) this.#countAttempt(id, ATTEMPTS_IF_CLAIMED);
    }
    for (const [id, written] of Object.entries(requests)) {
      const job = this.#read(written);
      if (job !== undefined && this.local.has(job)) await this.#tryToRun(id, job);
    }
  }

  async #tryToRun(id: string, job: Required<Target>): Promise<void> {
    const claimed = await runScript(this.client, 'fleet-claim', [this.keys.runs], [id]);
    if (typeof claimed !== 'string') return this.#countAttempt(id, ATTEMPTS_IF_CLAIMED);
    // A slice may take long, and orders must not wait for it.
    void this.#run(id, job, claimed).catch(() => undefined);
  }

  async #run(id: string, job: Required<Target>, claimed: string): Promise<void> {
    const { outcome } = await this.local.recruit(job);
    if (outcome !== 'gated') return void this.#attemptsLeft.delete(id);
    this.#countAttempt(id, ATTEMPTS_IF_GATED);
    await runScript(this.client, 'fleet-give-back', [this.keys.runs], [id, claimed]);
  }

  #countAttempt(id: string, allowed: number): void {
    const left = (this.#attemptsLeft.get(id) ?? allowed) - 1;
    if (left <= 0) this.#attemptsLeft.delete(id);
    else this.#attemptsLeft.set(id, left);
  }

  #read(written: string): Required<Target> | undefined {
    try {
      const [recruiter, id] = listOf(readStamped(written).value);
      return { recruiter: stringOf(recruiter), id: stringOf(id) };
    } catch (error) {
      this.log.warnOnce('run', `A requested slice in Redis cannot be read and is ignored: ${String(error)}`);
      return undefined;
    }
  }
}
