import type { ReportError } from '../events.js';
import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import { uncoordinatedProblem, type Lease, type LeaseCoordinator } from './coordinator.js';
import { requestGrant, type Grant, type GrantAnswer, type GrantRequest } from './grant.js';
import { WorkStealingConfigError } from '../../options/errors.js';

/** Asks the coordinator for the leases of one recruiter's jobs, and never waits longer than it is told. */
export class Leases {
  constructor(
    private readonly recruiter: string,
    private readonly coordinator: () => LeaseCoordinator | undefined,
    private readonly clock: Required<Clock>,
    private readonly reportError: ReportError,
  ) {}

  /** @param patience - how long to wait for the answer, and later for the release: ms. */
  request(jobId: string, ttl: number, patience: number): GrantRequest {
    const message = `Asking for the lease of "${jobId}": no answer within ${patience} ms`;
    return requestGrant(this.#ask(jobId, ttl, patience), patience, message, this.clock);
  }

  async #ask(jobId: string, ttl: number, patience: number): Promise<GrantAnswer> {
    // Counted from before the question: the coordinator's clock cannot have begun earlier.
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
      throw new Error(`The lease of "${jobId}" was over when it was granted: its ttl is ${ttl} ms`);
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
