import { KeyspaceSweep } from 'nestjs-work-stealing/redis';
import { keysOf } from '../stores/store.js';
import { Doubting, until, Violation, type Ground, type Model } from './model.js';

/** Keys that a sweep must leave alone. */
const KEPT = 50;

/** Only to ask how far the workers are. */
class Observed extends KeyspaceSweep {
  protected visit(): void {}
}

/** A sweep over all keys deletes junk, wherever it is and however often the sweep is interrupted, and nothing else. */
export class SweepModel extends Doubting implements Model {
  readonly name = 'KeyspaceSweep';
  #written = 0;
  /** Those of which it is known that they are there. */
  readonly #kept = new Set<string>();

  constructor(private readonly ground: Ground) {
    super();
  }

  async step(): Promise<void> {
    const { client } = this.ground.connection;
    await client.set(`chaos-junk:${this.#written++}`, 'junk');
    const key = `chaos-kept:${Math.floor(this.ground.random.next() * KEPT)}`;
    if (this.#kept.has(key)) {
      const value = await client.get(key);
      if (value === null && this.#kept.has(key)) throw new Violation(`${key} was deleted; it is no junk`);
      return;
    }
    const { isTrusted } = this;
    await client.set(key, 'kept');
    if (isTrusted && this.isTrusted) this.#kept.add(key);
  }

  forget(): void {
    this.#kept.clear();
  }

  async settle(patience: number): Promise<void> {
    let left = Infinity;
    let state = '';
    const sweep = new Observed(this.ground.connection, 'sweep', { partitions: 2, onEnd: 'restart' });
    await until(
      async () => {
        state = JSON.stringify(await sweep.progress());
        left = (await keysOf(this.ground.store, 'chaos-junk:*')).length;
        return left === 0;
      },
      patience,
      () => `${left} keys of junk are left; ${state}`,
    );
    for (const key of this.#kept) {
      if ((await this.ground.connection.client.get(key)) === null)
        throw new Violation(`${key} was deleted; it is no junk`);
    }
  }

  protected doubt(): void {
    this.#kept.clear();
  }
}
