import { until, type Ground, type Model } from './model.js';

/** Between two changes: ms. */
const INTERVAL = 1000;
const RATES = { least: 0.04, most: 0.08 };

/** A rate that is set for the fleet reaches every process of it, whatever it has missed meanwhile. */
export class SteeringModel implements Model {
  readonly name = 'FleetService';
  #changedAt = 0;

  constructor(private readonly ground: Ground) {}

  async step(): Promise<void> {
    if (performance.now() < this.#changedAt + INTERVAL) return;
    this.#changedAt = performance.now();
    await this.#change();
  }

  forget(): void {}
  distrust(): void {}
  trust(): void {}

  async settle(patience: number): Promise<void> {
    let rate: number | undefined;
    const rates = () => this.ground.fleet.workers.map(({ latest }) => latest?.rates['pass']);
    await until(
      async () => {
        rate ??= await this.#change();
        return rates().every((each) => each === rate);
      },
      patience,
      () => `the rate of "pass" was set to ${rate}; the processes have ${rates().join(', ')}`,
    );
    let seen = 0;
    await until(
      async () =>
        (seen = await this.ground.fleet.ask<number>('/processes')) === this.ground.fleet.workers.length,
      patience,
      () => `the fleet's view has ${seen} processes; there are ${this.ground.fleet.workers.length}`,
    );
  }

  /** @returns the rate that stands now. */
  async #change(): Promise<number> {
    const drawn = RATES.least + this.ground.random.next() * (RATES.most - RATES.least);
    const rate = Math.round(drawn * 1e4) / 1e4;
    await this.ground.fleet.ask(`/steer/${rate}`);
    return rate;
  }
}
