import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import { uncoordinatedProblem, type Lease, type LeaseCoordinator } from './coordinator.js';
import { WorkStealingConfigError } from '../../options/errors.js';

/** What came of asking for a lease. */
export type LeaseAnswer =
  | { readonly lease: GrantedLease }
  | { readonly held: true }
  | { readonly error: unknown; readonly isUnanswered?: true };

/** A lease as its slice uses it. */
export interface GrantedLease {
  readonly fencingToken: number;
  /** When it ends by itself, by the recruiter's clock: ms. */
  readonly expiresAt: number;
  /** Ends it. Never rejects, and is not waited for longer than a slice may take. */
  release(): Promise<void>;
}

/** One question for a lease. */
export interface LeaseRequest {
  /** Resolves, never rejects, within the patience of the caller. */
  readonly answer: Promise<LeaseAnswer>;
  /** Resolves, never rejects, when the coordinator has answered and a lease that came too late is released. */
  readonly settled: Promise<void>;
}

/** Asks the coordinator for the leases of one recruiter's jobs, and never waits longer than it is told. */
export class Leases {
  constructor(
    private readonly recruiter: string,
    private readonly coordinator: () => LeaseCoordinator | undefined,
    private readonly clock: Required<Clock>,
    private readonly reportError: (error: unknown, where: string) => void,
  ) {}

  /** @param patience - how long to wait for the answer, and later for the release: ms. */
  request(jobId: string, ttl: number, patience: number): LeaseRequest {
    const asking = this.#ask(jobId, ttl, patience);
    const message = `Asking for the lease of "${jobId}": no answer within ${patience} ms`;
    const answer = this.#within<LeaseAnswer>(asking, patience, message).catch((error: unknown) => ({
      error,
      isUnanswered: true as const,
    }));
    return { answer, settled: letGo() };

    async function letGo(): Promise<void> {
      const [answered, late] = [await answer, await asking];
      if ('isUnanswered' in answered && 'lease' in late) await late.lease.release();
    }
  }

  async #ask(jobId: string, ttl: number, patience: number): Promise<LeaseAnswer> {
    // Counted from before the question: the coordinator's clock cannot have begun earlier.
    const expiresAt = this.clock.now() + ttl;
    try {
      const coordinator = this.coordinator();
      if (coordinator === undefined) throw new WorkStealingConfigError(uncoordinatedProblem(jobId, 'lease'));
      const lease = await coordinator.acquire({ recruiter: this.recruiter, jobId }, ttl, patience);
      if (lease === undefined) return { held: true };
      const release = () => this.#release(jobId, lease, patience);
      if (this.clock.now() < expiresAt) {
        return { lease: { fencingToken: lease.fencingToken, expiresAt, release } };
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
    await this.#within(released, patience).catch(() => undefined);
  }

  #within<T>(promise: Promise<T>, ms: number, message?: string): Promise<T> {
    return within(promise, ms, { clock: this.clock, keepAlive: true, message });
  }
}
