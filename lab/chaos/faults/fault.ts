import type { SeededRandom } from 'nestjs-work-stealing/testing';
import type { Store } from '../stores/store.js';
import type { World } from '../world.js';

/** Something that happens to the fleet, and ends. */
export interface Fault<S extends Store = Store> {
  readonly name: string;
  /** What becomes of the data in Redis: all of it is lost, or what was written lately may be. @default nothing */
  readonly loses?: 'all' | 'latest';
  /** Whether Redis does not answer while it lasts: then the requests of the fleet are compared with those of a worker without the module. */
  readonly isOutage?: boolean;
  /** Resolves when it is over. `long` is the length of a long fault: ms. */
  inflict(world: World<S>, random: SeededRandom, long: number): Promise<void>;
}

export function pick<T>(random: SeededRandom, items: readonly T[]): T {
  return items[Math.floor(random.next() * items.length)]!;
}
