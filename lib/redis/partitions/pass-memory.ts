import type { Slice } from '../../recruiter/job.js';

/** State of this process about the current pass of a job with `every`; a new pass begins with new state. */
export class PassMemory<Notes> {
  #dueAt: number | undefined;
  #notes: Notes | undefined;

  constructor(private readonly create: () => Notes) {}

  /** The state for the pass of a slice; undefined for a slice without a pass. */
  of(pass: Slice['pass']): Notes | undefined {
    if (pass === undefined) return undefined;
    const dueAt = pass.dueAt.getTime();
    if (this.#notes === undefined || this.#dueAt !== dueAt || pass.isFirst) {
      this.#dueAt = dueAt;
      this.#notes = this.create();
    }
    return this.#notes;
  }
}
