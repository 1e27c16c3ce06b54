import type { Action } from '../action.js';
import type { Announcer } from './announcer.js';
import type { Store } from './store.js';

/** Asks the server to change something, and says what came of it. */
export class Actions {
  constructor(
    private readonly base: URL,
    private readonly store: Store,
    private readonly announcer: Announcer,
  ) {}

  /**
   * @param done - said when it is.
   * @returns whether it was done.
   */
  async send(action: Action, done: string): Promise<boolean> {
    const problem = await this.#post(action);
    if (problem === undefined) this.announcer.say(done);
    else this.announcer.complain(problem);
    return problem === undefined;
  }

  async #post(action: Action): Promise<string | undefined> {
    try {
      const response = await fetch(new URL('actions', this.base), {
        method: 'POST',
        headers: {
          Accept: 'application/json',
          'Content-Type': 'application/json',
          'X-Work-Stealing': this.store.viewer.token ?? '1',
        },
        body: JSON.stringify(action),
      });
      return response.ok ? undefined : await problemIn(response);
    } catch {
      return 'The server does not answer. Whether anything was changed is not known.';
    }
  }
}

async function problemIn(response: Response): Promise<string> {
  const body = (await response.json().catch(() => undefined)) as { message?: unknown } | undefined;
  const message = body?.message;
  return typeof message === 'string' ? message : `The server refused it with ${response.status}.`;
}
