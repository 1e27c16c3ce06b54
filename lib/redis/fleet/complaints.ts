import { Logger } from '@nestjs/common';

/** Kinds of complaints that are remembered. */
const MOST = 100;

/** Says each thing once: what is wrong in Redis is wrong again at the next look. */
export class Complaints {
  readonly #logger = new Logger('WorkStealingRedis');
  readonly #said = new Set<string>();

  /** @param kind - what the same complaint has in common. */
  once(kind: string, text: string): void {
    if (this.#said.has(kind) || this.#said.size >= MOST) return;
    this.#said.add(kind);
    this.#logger.warn(text.replace(/[\s\p{Cc}]+/gu, ' '));
  }
}
