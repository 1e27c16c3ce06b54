import type { Sample } from './wire.js';

/** ms that the plots look back. */
export const SPAN = 300_000;
/** Rows of jobs in all samples together: what the memory is bounded by when thousands of jobs work all the time. */
const MOST_ROWS = 100_000;

/** The samples of the last minutes. */
export class History {
  #samples: Sample[] = [];
  #rows = 0;

  /** The oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  add(sample: Sample): void {
    this.#samples.push(sample);
    this.#rows += sample.jobs.length;
    while (this.#isTooMuch(sample.at)) this.#rows -= this.#samples.shift()!.jobs.length;
  }

  clear(): void {
    this.#samples = [];
    this.#rows = 0;
  }

  #isTooMuch(now: number): boolean {
    const [first] = this.#samples;
    return first !== undefined && (now - first.at > SPAN || this.#rows > MOST_ROWS);
  }
}
