import type { Action } from '../action.js';
import type { Announcer } from './announcer.js';
import type { Store } from './store.js';

/** Shared by the parts of the page. */
export interface Context {
  readonly store: Store;
  readonly actions: Actions;
}

/** Sends writes to the server and announces their results. */
export class Actions {
  constructor(
    private readonly base: URL,
    private readonly store: Store,
    private readonly announcer: Announcer,
  ) {}

  /**
   * @param done - message for a success.
   * @returns whether it succeeded.
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
        // After the end of a session, the redirect to a sign-in page would look like a success.
        redirect: 'manual',
        headers: {
          Accept: 'application/json',
          'Content-Type': 'application/json',
          'X-Work-Stealing': this.store.viewer.token ?? '1',
        },
        body: JSON.stringify(action),
      });
      return await problemIn(response);
    } catch {
      return 'The server does not answer. The change may or may not have been made.';
    }
  }
}

/** Only a response of the dashboard itself counts as success: a proxy before it may send any other. */
async function problemIn(response: Response): Promise<string | undefined> {
  const { ok, status, type, headers } = response;
  const isJson = /^application\/json\b/.test(headers.get('Content-Type') ?? '');
  if (ok && isJson) return undefined;
  if (ok || type === 'opaqueredirect' || status === 401 || (status >= 300 && status < 400)) {
    return 'You are signed out, so nothing was changed. Sign in and reload the page.';
  }
  if (status === 429) return 'Too many requests, so nothing was changed. Try again in a moment.';
  const body = (await response.json().catch(() => undefined)) as { message?: unknown } | undefined;
  if (typeof body?.message === 'string') return body.message;
  return status === 403
    ? 'You do not have permission, so nothing was changed.'
    : `The server rejected it with status ${status}.`;
}
