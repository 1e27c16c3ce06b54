import { Log } from '../../logging/log.js';

/** Says each thing once: what is wrong in Redis is wrong again at the next look. */
export class Complaints {
  readonly #log = new Log('WorkStealingRedis');

  /** @param kind - what the same complaint has in common. */
  once(kind: string, text: string): void {
    this.#log.warnOnce(kind, text);
  }
}
