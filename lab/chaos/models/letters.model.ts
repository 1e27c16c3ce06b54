import type { Redis } from 'ioredis';
import { GROUP, HANDLED, LETTERS, letterReaper } from '../worker/names.js';
import { Doubting, until, Violation, type Ground, type Model } from './model.js';

/** One letter in so many makes every handler fail. */
const POISONED = 200;
/** Answers that are looked at in one step. */
const PAGE = 20;

interface Letter {
  readonly isPoison: boolean;
  readonly at: number;
  /** Its place in Redis may be lost. */
  isDoubtful: boolean;
}

/**
 * A stream whose consumer takes every entry and does nothing with it. Each has to be handled by a slice in the end, or
 * to be a dead letter; what makes every handler fail has to be a dead letter.
 */
export class LettersModel extends Doubting implements Model {
  readonly name = 'StreamReaper';
  readonly #outstanding = new Map<string, Letter>();
  readonly #dead: string;
  readonly #client: Redis;
  #isOpen = false;

  constructor(private readonly ground: Ground) {
    super();
    // What is used of it is the same in a Cluster.
    this.#client = ground.connection.client as Redis;
    this.#dead = letterReaper(ground.connection, () => undefined).deadLetter;
  }

  async step(): Promise<void> {
    await this.#open();
    await this.#write();
    await this.#client.xreadgroup('GROUP', GROUP, 'mortal', 'COUNT', PAGE, 'STREAMS', LETTERS, '>');
    await this.#lookAtHandled();
    await this.#lookAtDead();
  }

  forget(): void {
    this.#outstanding.clear();
    this.#isOpen = false;
  }

  async settle(patience: number): Promise<void> {
    const missing = () => [...this.#outstanding].filter(([, { isDoubtful }]) => !isDoubtful);
    let pending: unknown = 'unknown';
    await until(
      async () => {
        await this.#open();
        await this.#lookAtHandled();
        await this.#lookAtDead();
        [pending] = (await this.#client.xpending(LETTERS, GROUP)) as [number];
        return pending === 0 && missing().length === 0;
      },
      patience,
      () =>
        `${missing().length} letters are neither handled nor dead, among them ` +
        `${missing()
          .slice(0, 3)
          .map(([id]) => id)
          .join(' ')}; ${String(pending)} are pending`,
    );
  }

  protected doubt(since: number): void {
    for (const letter of this.#outstanding.values()) if (letter.at >= since) letter.isDoubtful = true;
  }

  /** The group has to be there before its reaper; it is gone when the server has lost its data. */
  async #open(): Promise<void> {
    if (this.#isOpen) return;
    await this.#client.xgroup('CREATE', LETTERS, GROUP, '0', 'MKSTREAM').catch((error: unknown) => {
      if (!String(error).includes('BUSYGROUP')) throw error;
    });
    this.#isOpen = true;
  }

  async #write(): Promise<void> {
    const { isTrusted } = this;
    const isPoison = this.ground.random.next() < 1 / POISONED;
    const at = Date.now();
    const id = await this.#client.xadd(LETTERS, '*', 'poison', String(isPoison));
    this.#outstanding.set(id!, { isPoison, at, isDoubtful: !isTrusted || !this.isTrusted });
  }

  async #lookAtHandled(): Promise<void> {
    const ids = await this.#client.srandmember(HANDLED, PAGE);
    if (ids.length === 0) return;
    for (const id of ids) {
      if (this.#outstanding.get(id)?.isPoison === true)
        throw new Violation(`letter ${id} cannot be handled, and was`);
      this.#outstanding.delete(id);
    }
    await this.#client.srem(HANDLED, ...ids);
    await this.#client.xdel(LETTERS, ...ids);
  }

  async #lookAtDead(): Promise<void> {
    for (const [entry, fields] of await this.#client.xrange(this.#dead, '-', '+', 'COUNT', PAGE)) {
      const id = fields[fields.indexOf('dead-letter.id') + 1]!;
      this.#outstanding.delete(id);
      await this.#client.xdel(this.#dead, entry);
    }
  }
}
