import { randomUUID } from 'node:crypto';
import type { FleetSite } from '../../fleet/fleet-backend.js';
import type { Extent } from '../../fleet/job-key.js';
import type { RedisLike } from '../connection/client.js';
import { runScript } from '../lua/script.js';
import { recordOf, send } from '../lua/send.js';
import { listOf, textOf } from './checks.js';
import type { Complaints } from './complaints.js';
import type { FleetKeys } from './fleet-keys.js';
import type { OrdersStore } from './orders-store.js';
import { readStamped } from './stamped.js';

/** Who asks for a slice wants it now: after so long nobody need run it any more. ms */
const EXPIRES = 10_000;
/** Looks after which a process leaves a slice to the others, when another has claimed it or its own gates are shut. */
const LOST_LOOKS = 3;
const GATED_LOOKS = 20;

/** Slices that somebody has asked for: whoever claims one runs it. */
export class Runs {
  /** Looks that are left for slices that this process could not get or run. */
  readonly #left = new Map<string, number>();

  constructor(
    private readonly client: RedisLike,
    private readonly keys: FleetKeys,
    private readonly store: OrdersStore,
    private readonly site: FleetSite,
    private readonly complaints: Complaints,
  ) {}

  /** Whether to look again although the revision is that of before. */
  get isWaiting(): boolean {
    return this.#left.size > 0;
  }

  /** Asks the fleet for a slice, this process among it. */
  async ask(job: Required<Extent>, by: string): Promise<void> {
    await this.store.askForRun(randomUUID(), job, by, EXPIRES);
  }

  /** Claims and runs what this process can. */
  async look(): Promise<void> {
    const asked = recordOf(await send(this.client, 'HGETALL', [this.keys.runs]));
    for (const id of this.#left.keys()) if (!Object.hasOwn(asked, id)) this.#wait(id, LOST_LOOKS);
    for (const [id, text] of Object.entries(asked)) {
      const job = this.#read(text);
      if (job !== undefined && this.site.has(job)) await this.#tryToRun(id, job);
    }
  }

  async #tryToRun(id: string, job: Required<Extent>): Promise<void> {
    const claimed = await runScript(this.client, 'fleet-claim', [this.keys.runs], [id]);
    if (typeof claimed !== 'string') return this.#wait(id, LOST_LOOKS);
    // A slice may take long, and orders must not wait for it.
    void this.#run(id, job, claimed).catch(() => undefined);
  }

  async #run(id: string, job: Required<Extent>, claimed: string): Promise<void> {
    const { outcome } = await this.site.recruit(job);
    if (outcome !== 'gated') return void this.#left.delete(id);
    this.#wait(id, GATED_LOOKS);
    await runScript(this.client, 'fleet-give-back', [this.keys.runs], [id, claimed]);
  }

  #wait(id: string, looks: number): void {
    const left = (this.#left.get(id) ?? looks) - 1;
    if (left <= 0) this.#left.delete(id);
    else this.#left.set(id, left);
  }

  #read(text: string): Required<Extent> | undefined {
    try {
      const [recruiter, id] = listOf(readStamped(text).value);
      return { recruiter: textOf(recruiter), id: textOf(id) };
    } catch (error) {
      this.complaints.once(
        'run',
        `A slice that was asked for in Redis is not understood, so it is left out: ${String(error)}`,
      );
      return undefined;
    }
  }
}
