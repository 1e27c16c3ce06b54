import type { RedisClient } from 'nestjs-work-stealing/redis';
import type { SeededRandom } from 'nestjs-work-stealing/testing';
import type { Fleet } from '../fleet.js';
import type { Store } from '../stores/store.js';

/** One structure, and what is known of it from outside: written and read all the time, and held against each other. */
export interface Model {
  readonly name: string;
  /** One round of writes and reads. May fail while Redis does: what it then cannot know, it must not hold. */
  step(): Promise<void>;
  /** Redis has lost its data. */
  forget(): void;
  /** What Redis has acknowledged since then, and until {@link trust}, may be lost. @param since - by `Date.now()`. */
  distrust(since: number): void;
  /** What is acknowledged from now on is safe again. */
  trust(): void;
  /** After the last fault: waits until all is as it has to be, or says what is not. */
  settle(patience: number): Promise<void>;
}

/** What a model works with. */
export interface Ground {
  readonly store: Store;
  /** Past the proxies. */
  readonly connection: { readonly client: RedisClient; readonly prefix: string };
  readonly fleet: Fleet;
  readonly random: SeededRandom;
}

/** Something is not as it has to be. */
export class Violation extends Error {}

/** Knows whether what is acknowledged now may be lost. */
export abstract class Doubting {
  protected isTrusted = true;

  distrust(since: number): void {
    this.isTrusted = false;
    this.doubt(since);
  }

  trust(): void {
    this.isTrusted = true;
  }

  /** @param since - by `Date.now()`: from when on what was acknowledged may be lost. */
  protected abstract doubt(since: number): void;
}

/** @param isSo - may fail while Redis does. */
export async function until(
  isSo: () => Promise<boolean> | boolean,
  patience: number,
  otherwise: () => string,
): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await attempted(isSo))) {
    if (performance.now() > deadline) throw new Violation(otherwise());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function attempted(isSo: () => Promise<boolean> | boolean): Promise<boolean> {
  try {
    return await isSo();
  } catch (error) {
    if (error instanceof Violation) throw error;
    return false;
  }
}
