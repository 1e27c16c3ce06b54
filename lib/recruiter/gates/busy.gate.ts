import type { Gate } from './gate.js';

/** Shut while as many slices as allowed are in flight. A slice holds its place until its job has settled. */
export class BusyGate implements Gate {
  readonly reason = 'busy';
  #inFlight = 0;

  constructor(private readonly concurrency: number) {}

  get inFlight(): number {
    return this.#inFlight;
  }

  isShut(): boolean {
    return this.#inFlight >= this.concurrency;
  }

  /** Takes a place in flight; the function returned gives it back, once. */
  enter(): () => void {
    this.#inFlight++;
    let held = true;
    return () => {
      if (held) this.#inFlight--;
      held = false;
    };
  }
}
