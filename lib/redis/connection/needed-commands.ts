import { WorkStealingConfigError } from '../../options/errors.js';
import { within } from '../../time/within.js';
import type { RedisLike } from './client.js';
import { warnOfEviction } from './eviction.js';
import { howToAllow } from '../lua/refusals.js';
import { inTime, type Wait } from '../lua/send.js';
import { serverVersion, unusableCommands } from './server-features.js';
import { BOOTSTRAP_PATIENCE, readyAtBootstrap } from './until-ready.js';

/** The commands that a structure needs: checked once a process, before the first use. */
export class NeededCommands {
  #known: Promise<void> | undefined;

  /**
   * @param owner - name of the structure, for the error message.
   * @param key - a key of the structure that does not exist, to try commands with.
   */
  constructor(
    private readonly client: RedisLike,
    private readonly owner: string,
    private readonly names: readonly string[],
    private readonly key: string,
  ) {}

  /** @throws WorkStealingConfigError that names the commands which the server lacks or forbids. */
  check(wait: Wait = {}): Promise<void> {
    this.#known ??= this.#ask().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return inTime(this.client, this.#known, wait);
  }

  /** Checks while the application starts; see {@link checkAtBootstrap}. */
  checkAtBootstrap(): Promise<void> {
    return checkAtBootstrap(this.client, () => this.check());
  }

  async #ask(): Promise<void> {
    const { unknown = [], forbidden = [] } =
      (await unusableCommands(this.client, this.names, this.key)) ?? {};
    const problems: string[] = [];
    if (unknown.length > 0) {
      problems.push(
        `${this.owner} needs ${unknown.join(' and ')} (Redis 6.2+, Valkey); this server, ` +
          `${await serverVersion(this.client)}, has no such command`,
      );
    }
    if (forbidden.length > 0) {
      problems.push(
        `${this.owner} needs ${forbidden.join(' and ')}, which the user of this connection to Redis may not run. ` +
          howToAllow(forbidden),
      );
    }
    if (problems.length > 0) throw new WorkStealingConfigError(problems.join('; '), problems);
  }
}

/**
 * Checks a server while the application starts, for at most a second. A server that does not reply does not stop it.
 *
 * @throws the WorkStealingConfigError of the check.
 */
export async function checkAtBootstrap(client: RedisLike, check: () => Promise<void>): Promise<void> {
  // A client that fails fast sends nothing while it connects, so a lazy client must connect now.
  if (client.status === 'wait') client.connect().catch(() => undefined);
  const answer = readyAtBootstrap(client)
    .then(check)
    .then(() => warnOfEviction(client));
  try {
    await within(answer, BOOTSTRAP_PATIENCE, { keepAlive: true });
  } catch (error) {
    if (error instanceof WorkStealingConfigError) throw error;
    // The next use checks again, and reports problems then.
    answer.catch(() => undefined);
  }
}
