import { WorkStealingConfigError } from '../recruiter/errors.js';
import type { RedisClient } from './client.js';
import { hasCommand, serverVersion } from './server-features.js';

/** How long the bootstrap waits for the answer of a server that is slow or away: ms. */
const PATIENCE = 1000;

/** Commands without which a structure cannot work: asked for once a process, before the first use. */
export class NeededCommands {
  #known: Promise<void> | undefined;

  /**
   * @param owner - whose they are, for the error message.
   * @param since - the first version that has them all.
   */
  constructor(
    private readonly client: RedisClient,
    private readonly owner: string,
    private readonly since: string,
    private readonly names: readonly string[],
  ) {}

  /** @throws WorkStealingConfigError that names what is missing and the server's version. */
  check(): Promise<void> {
    this.#known ??= this.#ask().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return this.#known;
  }

  /** The same while the application starts: a server that does not answer is no reason to stop it. */
  async checkAtBootstrap(): Promise<void> {
    const answer = this.check().catch((error: unknown) => {
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

  async #ask(): Promise<void> {
    const found = await Promise.all(this.names.map((name) => hasCommand(this.client, name)));
    const missing = this.names.filter((_name, index) => !found[index]);
    if (missing.length === 0) return;
    throw new WorkStealingConfigError(
      `${this.owner} needs ${missing.join(' and ')} (${this.since}); this server, ` +
        `${await serverVersion(this.client)}, has no such command or does not allow it`,
    );
  }
}
