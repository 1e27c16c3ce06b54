import type { Slice } from '../../recruiter/job.js';

/** Notes of this process about the current pass of a job with `every`; a new pass begins without any. */
export class PassMemory<Notes> {
  #dueAt: number | undefined;
  #notes: Notes | undefined;

  constructor(private readonly create: () => Notes) {}

  /** The notes of a slice's pass; undefined for a slice without one. */
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
