import type { Clock } from '../time/clock.js';

/** What was seen is shown to whoever asks within so long: ms. */
const FRESH = 1000;

/** One look for all who ask about the same time: many pages that are open cost no more than one. */
export class SharedLook<T> {
  #looking: Promise<T> | undefined;
  #seen: { readonly what: T; readonly at: number } | undefined;

  constructor(private readonly clock: Clock) {}

  /** What the last look saw, if it is fresh; otherwise what `look` sees. A look that fails is not shared. */
  async through(look: () => Promise<T>): Promise<T> {
    const now = this.clock.now();
    if (this.#seen !== undefined && now - this.#seen.at < FRESH) return this.#seen.what;
    this.#looking ??= this.#look(look).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #look(look: () => Promise<T>): Promise<T> {
    const what = await look();
    this.#seen = { what, at: this.clock.now() };
    return what;
  }
}
