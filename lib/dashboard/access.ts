import { createHmac, timingSafeEqual } from 'node:crypto';
import { Log } from '../logging/log.js';
import type { WorkStealingDashboardOptions } from './dashboard.options.js';
import type { DashboardRequest } from './request.js';
import type { Viewer } from './wire.js';
import { WRITE_HEADER } from './write-origin.js';

/** Shown to visitors too, so it contains nothing secret. */
export const CLOSED =
  'The dashboard is closed: pass `authorize: (request) => boolean` to forRoot() of WorkStealingDashboardModule.';

/** Maximum length of a visitor's name in the audit list. */
const MAX_NAME_LENGTH = 200;
/** How long a write token is valid; an open page gets a new one well before. */
const TOKEN_LIFETIME_MS = 60 * 60_000;

/** Decides who may view the dashboard, and who may write under which name. */
export class Access {
  readonly #log = new Log('WorkStealing');
  readonly #tokens: WriteTokens | undefined;

  constructor(private readonly options: WorkStealingDashboardOptions) {
    this.#tokens = options.secret === undefined ? undefined : new WriteTokens(options.secret);
    if (this.isClosed) this.#log.warn(CLOSED);
  }

  /** Whether nobody may view it, since there is no `authorize`. */
  get isClosed(): boolean {
    return this.options.authorize === undefined;
  }

  /** Only `true` allows it, since any other value may be a mistake. */
  async mayRead(request: DashboardRequest): Promise<boolean> {
    const verdict: unknown = await this.options.authorize?.(request);
    if (verdict !== true && Boolean(verdict)) {
      // Without this, a session, a name or a 1 would silently be refused.
      this.warnOnce(
        `authorize() of the dashboard returned a ${typeof verdict}; only true allows a visitor, so this one is refused.`,
      );
    }
    return verdict === true;
  }

  /** Logs each warning once. */
  warnOnce(message: string): void {
    this.#log.warnOnce(message, message);
  }

  /** Returns the name of a visitor who may write; undefined for any other. */
  async writer(request: DashboardRequest): Promise<string | undefined> {
    const by: unknown = await this.options.authorizeWrite?.(request);
    if (by === undefined || by === null || by === false || by === '') return undefined;
    if (typeof by === 'string' && by.trim() !== '' && by.length <= MAX_NAME_LENGTH) return by;
    this.warnOnce(
      `authorizeWrite() of the dashboard returned ${typeof by === 'string' ? 'a name that is blank or too long' : `a ${typeof by}`}; ` +
        `expected the name of the visitor, 1 to ${MAX_NAME_LENGTH} characters. The visitor is refused.`,
    );
    return undefined;
  }

  /** Returns what the page needs to know about its visitor. */
  async viewer(request: DashboardRequest): Promise<Viewer> {
    const by = await this.writer(request);
    return by === undefined ? { by: null, token: null } : { by, token: this.#tokens?.issue(by) ?? '1' };
  }

  /** Whether a write has a valid token of this visitor; always true without a secret. */
  hasToken(request: DashboardRequest, by: string): boolean {
    return this.#tokens?.accept(request.headers[WRITE_HEADER], by) ?? true;
  }
}

/** Issues and checks the tokens that a page sends with its writes. Every process with the same secret accepts them. */
class WriteTokens {
  constructor(
    private readonly secret: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** Issues a token for one visitor, valid for an hour. */
  issue(by: string): string {
    const expires = (this.now() + TOKEN_LIFETIME_MS).toString(36);
    return `${expires}.${this.#sign(expires, by)}`;
  }

  /** Whether a token is genuine, issued to this visitor, and not expired. */
  accept(token: unknown, by: string): boolean {
    if (typeof token !== 'string') return false;
    const [expires = '', signature = ''] = token.split('.');
    const expected = Buffer.from(this.#sign(expires, by));
    const received = Buffer.from(signature);
    const isGenuine = expected.length === received.length && timingSafeEqual(expected, received);
    return isGenuine && parseInt(expires, 36) > this.now();
  }

  #sign(expires: string, by: string): string {
    return createHmac('sha256', this.secret).update(`${expires}\n${by}`).digest('base64url');
  }
}
