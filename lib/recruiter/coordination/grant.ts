import type { Clock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import type { SlicePass } from '../job.js';
import type { Outcome } from '../outcome.js';

/** The right to run one slice, from a coordinator: a lease, or a slice of a pass. */
export interface Grant {
  /** Larger than that of every earlier slice of the job. */
  readonly fencingToken: number;
  /** The pass that the slice belongs to, of a job with `every`. */
  readonly pass?: SlicePass | undefined;
  /** When it ends by itself, by the recruiter's clock: ms. Later once it is renewed. */
  readonly expiresAt: number;
  /** Gives it back. Never rejects, and is not waited for longer than a slice may take. */
  release(result: SliceEnd): Promise<void>;
}

/** What came of a slice, as far as its coordinator has to know. */
export interface SliceEnd {
  /** `gated`: it did not run. */
  readonly outcome: Outcome;
  /** Why it was cut short. */
  readonly reason?: string | undefined;
  /** Items done. */
  readonly done?: number | undefined;
}

/** Why a coordinator did not grant a slice, and for how long it said not to ask again: ms. */
export type Refusal =
  | { readonly reason: 'lease-held'; readonly wait?: number | undefined }
  | { readonly reason: 'pace-spent' | 'not-due'; readonly wait: number };

/** What came of asking for the right to run a slice. */
export type GrantAnswer =
  | { readonly grant: Grant }
  | { readonly refusal: Refusal }
  | { readonly error: unknown; readonly isUnanswered?: true };

/** One question for the right to run a slice. */
export interface GrantRequest {
  /** Resolves, never rejects, within the patience of the caller. */
  readonly answer: Promise<GrantAnswer>;
  /** Resolves, never rejects, when the coordinator has answered and a grant that came too late is given back. */
  readonly settled: Promise<void>;
}

/** What never ran. */
export const NOT_RUN: SliceEnd = { outcome: 'gated' };

/** Waits for an answer for `patience` ms at most, and gives a later grant back. `asking` never rejects. */
export function requestGrant(
  asking: Promise<GrantAnswer>,
  patience: number,
  message: string,
  clock: Required<Clock>,
): GrantRequest {
  const answer = within(asking, patience, { clock, keepAlive: true, message }).catch(
    (error: unknown): GrantAnswer => ({ error, isUnanswered: true }),
  );
  return { answer, settled: letGo() };

  async function letGo(): Promise<void> {
    const [answered, late] = [await answer, await asking];
    if ('isUnanswered' in answered && 'grant' in late) await late.grant.release(NOT_RUN);
  }
}
