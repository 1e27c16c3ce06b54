import type { Gate } from './gate.js';

/** Shut, for good, once shutdown has begun. */
export class ClosingGate implements Gate {
  readonly reason = 'closing';
  #closing = false;

  isShut(): boolean {
    return this.#closing;
  }

  shut(): void {
    this.#closing = true;
  }
}
