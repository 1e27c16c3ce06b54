import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import type { SlicePass } from '../job.js';
import type { Outcome } from '../outcome.js';

/** The right to run one slice, from a coordinator: a lease, or a claimed slice of a pass. */
export interface Grant {
  /** Larger than the token of every earlier slice of the job. */
  readonly fencingToken: number;
  /** The pass that the slice belongs to, for a job with `every`. */
  readonly pass?: SlicePass | undefined;
  /** When the grant expires: ms by the recruiter's clock. A renewal moves it. */
  readonly expiresAt: number;
  /** Returns the grant. Never rejects, and takes no longer than the budget of a slice. */
  release(result: SliceEnd): Promise<void>;
}

/** The result of a slice that a coordinator needs. */
export interface SliceEnd {
  /** `gated` if the slice did not run. */
  readonly outcome: Outcome;
  /** Why it was aborted. */
  readonly reason?: string | undefined;
  /** Items done. */
  readonly done?: number | undefined;
}

/** Why a coordinator did not grant a slice, and ms for which it must not be asked again. */
export type Refusal =
  | { readonly reason: 'lease-held'; readonly wait?: number | undefined }
  | { readonly reason: 'pace-spent' | 'not-due'; readonly wait: number };

/** The result of requesting a grant. */
export type GrantAnswer =
  | { readonly grant: Grant }
  | { readonly refusal: Refusal }
  | { readonly error: unknown; readonly isUnanswered?: true };

/** One request for a grant. */
export interface GrantRequest {
  /** Resolves, never rejects, within the patience of the caller. */
  readonly answer: Promise<GrantAnswer>;
  /** Resolves, never rejects, when the coordinator has replied and a grant that came too late is returned. */
  readonly settled: Promise<void>;
}

/** The result of a slice that did not run. */
export const NOT_RUN: SliceEnd = { outcome: 'gated' };

/**
 * Waits at most `patience` ms for the reply of a coordinator, and returns a grant that comes later.
 *
 * @param asking - the reply; must not reject.
 */
export function requestGrant(
  asking: Promise<GrantAnswer>,
  patience: number,
  message: string,
  clock: Required<Clock>,
): GrantRequest {
  const answer = within(asking, patience, { clock, keepAlive: true, message }).catch(
    (error: unknown): GrantAnswer => ({ error, isUnanswered: true }),
  );
  return { answer, settled: returnLateGrant() };

  async function returnLateGrant(): Promise<void> {
    const [answered, late] = [await answer, await asking];
    if ('isUnanswered' in answered && 'grant' in late) await late.grant.release(NOT_RUN);
  }
}
