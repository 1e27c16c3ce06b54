import type { ReportError } from '../events.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import { uncoordinatedProblem, type Lease, type LeaseCoordinator } from './coordinator.js';
import { requestGrant, type Grant, type GrantAnswer, type GrantRequest } from './grant.js';
import { WorkStealingConfigError } from '../../options/errors.js';

/** Requests the leases of one recruiter's jobs from the coordinator. */
export class Leases {
  constructor(
    private readonly recruiter: string,
    private readonly coordinator: () => LeaseCoordinator | undefined,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {}

  /** @param patience - maximum wait for the reply, and later for the release: ms. */
  request(jobId: string, ttl: number, patience: number): GrantRequest {
    const message = `Asking for the lease of "${jobId}": no answer within ${patience} ms`;
    return requestGrant(this.#ask(jobId, ttl, patience), patience, message, this.clock);
  }

  async #ask(jobId: string, ttl: number, patience: number): Promise<GrantAnswer> {
    // Counted from before the request: the lease cannot begin earlier at the coordinator.
    const expiresAt = this.clock.now() + ttl;
    try {
      const coordinator = this.coordinator();
      if (coordinator === undefined) throw new WorkStealingConfigError(uncoordinatedProblem(jobId, 'lease'));
      const lease = await coordinator.acquire({ recruiter: this.recruiter, jobId }, ttl, patience);
      if (lease === undefined) return { refusal: { reason: 'lease-held' } };
      const release = () => this.#release(jobId, lease, patience);
      if (this.clock.now() < expiresAt) {
        return { grant: { fencingToken: lease.fencingToken, expiresAt, release } satisfies Grant };
      }
      await release();
      throw new Error(`The lease of "${jobId}" had expired when it was granted: its ttl is ${ttl} ms`);
    } catch (error) {
      return { error };
    }
  }

  async #release(jobId: string, lease: Lease, patience: number): Promise<void> {
    const released = (async () => {
      try {
        await lease.release();
      } catch (error) {
        this.reportError(error, `releasing the lease of "${jobId}"`);
      }
    })();
    await within(released, patience, { clock: this.clock, keepAlive: true }).catch(() => undefined);
  }
}
