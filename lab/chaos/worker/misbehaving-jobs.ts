import { Injectable } from '@nestjs/common';
import { StealableJob, type Slice, type SliceResult } from 'nestjs-work-stealing';

/** Longer than any budget, and short enough to see that the place in flight comes back: ms. */
const HANGS = 1500;

/** Jobs that do what jobs must not do. */
@Injectable()
export class MisbehavingJobs {
  readonly #leaked: AbortSignal[] = [];

  @StealableJob({ rate: 0.004, id: 'throws' })
  throws(): void {
    throw new Error('thrown by a slice');
  }

  @StealableJob({ rate: 0.004, id: 'rejects-null' })
  rejectsNull(): Promise<never> {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- It is what the job does wrong.
    return Promise.reject(null);
  }

  /** Ignores its signal, and rejects when nobody waits any more. */
  @StealableJob({ rate: 0.001, id: 'hangs', budget: 20 })
  hangs(): Promise<never> {
    return new Promise((_, reject) => setTimeout(() => reject(new Error('late')), HANGS));
  }

  @StealableJob({ rate: 0.004, id: 'nonsense' })
  nonsense(): SliceResult {
    return 'done' as unknown as SliceResult;
  }

  @StealableJob({ rate: 0.004, id: 'leaks' })
  leaks(slice: Slice): SliceResult {
    for (let index = 0; index < 5; index++) slice.signal.addEventListener('abort', () => this.#leaked.length);
    if (this.#leaked.length < 100) this.#leaked.push(slice.signal);
    return { done: 1, limit: 2 };
  }
}
