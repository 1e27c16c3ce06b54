import { setTimeout as pause } from 'node:timers/promises';
import { CursorJob, type Page } from 'nestjs-work-stealing/redis';
import { HALF, PARTITIONS, visitsOf } from '../worker/names.js';
import { until, Violation, type Ground, type Model } from './model.js';

/** A failover is over after so long: ms. */
const SETTLED = 10_000;

/** Only to ask how far the workers are: it has the same name and partitions, and is never recruited. */
class Observed extends CursorJob<number> {
  protected fetch(): Page<number> {
    return { items: [] };
  }
  protected process(): void {}
}

/** No sweep skips an item, and none is stuck. Visits are kept beside the cursor, so that they are lost together. */
export class PassModel implements Model {
  readonly name = 'CursorJob';
  readonly #pass: Observed;

  constructor(private readonly ground: Ground) {
    this.#pass = new Observed(ground.connection, 'pass', { partitions: PARTITIONS, onEnd: 'restart' });
  }

  /** An item that a sweep skipped lacks a visit for ever; one that seems to, because a failover came between two reads, does not. */
  async step(): Promise<void> {
    const skipped = await this.#skipped();
    if (skipped === undefined) return;
    await pause(SETTLED);
    const still = await this.#skipped();
    if (still !== undefined) throw new Violation(still);
  }

  async #skipped(): Promise<string | undefined> {
    const sweeps = await this.#sweeps();
    if (sweeps === 0) return undefined;
    const { client } = this.ground.connection;
    const visits: Record<string, string> = {};
    for (let partition = 0; partition < PARTITIONS; partition++) {
      Object.assign(visits, await client.hgetall(visitsOf(partition)));
    }
    // Fewer than before: what was read is from two lives of a server that lost its data.
    if ((await this.#sweeps()) < sweeps) return undefined;
    for (let item = 0; item < PARTITIONS * HALF; item++) {
      const seen = Number(visits[String(item)] ?? 0);
      if (seen < sweeps) return `item ${item} was visited ${seen} times in ${sweeps} whole sweeps`;
    }
    return undefined;
  }

  forget(): void {}
  distrust(): void {}
  trust(): void {}

  async settle(patience: number): Promise<void> {
    const before = await this.#sweeps();
    await until(
      async () => (await this.#sweeps()) > before,
      patience,
      () => `the pass makes no progress: ${before} sweeps`,
    );
    await this.step();
    let { dead, errors } = await this.#pass.progress();
    // An attempt fails where a process is stalled for longer than a command may take; the next does not.
    await until(
      async () => {
        ({ dead, errors } = await this.#pass.progress());
        return errors.length === 0;
      },
      patience,
      () => `the pass still fails: ${JSON.stringify(errors)}`,
    );
    if (dead > 0) throw new Violation(`${dead} items were set aside; none of them is bad`);
  }

  async #sweeps(): Promise<number> {
    return (await this.#pass.progress()).sweeps;
  }
}
