import { WorkStealingConfigError } from '../recruiter/errors.js';
import type { RedisClient } from './client.js';
import { inTime, type Wait } from './send.js';
import { missingCommands, serverVersion } from './server-features.js';
import { PATIENCE, readyAtBootstrap } from './until-ready.js';

/** Commands without which a structure cannot work: asked for once a process, before the first use. */
export class NeededCommands {
  #known: Promise<void> | undefined;

  /**
   * @param owner - whose they are, for the error message.
   */
  constructor(
    private readonly client: RedisClient,
    private readonly owner: string,
    private readonly names: readonly string[],
  ) {}

  /** @throws WorkStealingConfigError that names what is missing and the server's version. */
  check(wait: Wait = {}): Promise<void> {
    this.#known ??= this.#ask().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return inTime(this.client, this.#known, wait);
  }

  /** The same while the application starts: see {@link checkAtBootstrap}. */
  checkAtBootstrap(): Promise<void> {
    return checkAtBootstrap(this.client, () => this.check());
  }

  async #ask(): Promise<void> {
    const missing = await missingCommands(this.client, this.names);
    if (missing === undefined || missing.length === 0) return;
    throw new WorkStealingConfigError(
      `${this.owner} needs ${missing.join(' and ')} (Redis 6.2+, Valkey); this server, ` +
        `${await serverVersion(this.client)}, has no such command or does not allow it`,
    );
  }
}

/**
 * Checks a server while the application starts: one that does not answer is no reason to stop it.
 *
 * @throws the WorkStealingConfigError of the check.
 */
export async function checkAtBootstrap(client: RedisClient, check: () => Promise<void>): Promise<void> {
  // A client that fails fast could not be asked while it connects.
  const answer = readyAtBootstrap(client)
    .then(check)
    .catch((error: unknown) => {
      if (error instanceof WorkStealingConfigError) throw error;
    });
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE)));
  try {
    await Promise.race([answer, patience]);
  } finally {
    clearTimeout(timer);
    // Whoever uses the structure hears it then.
    answer.catch(() => undefined);
  }
}
