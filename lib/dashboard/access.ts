import { Log } from '../logging/log.js';
import type { WorkStealingDashboardOptions } from './dashboard.options.js';
import type { DashboardRequest } from './request.js';
import type { Viewer } from './wire.js';
import { WRITE_HEADER } from './write-origin.js';
import { WriteTokens } from './write-token.js';

/** Nothing that a visitor should not know: who reads it is to mend it. */
export const SHUT =
  'The dashboard is shut: WorkStealingDashboardModule was given no authorize, (request) => whether that visitor may look.';

/** The longest name that the audit list keeps. */
const LONGEST_NAME = 200;

/** Who may look, and who may write under which name. */
export class Access {
  readonly #log = new Log('WorkStealing');
  readonly #tokens: WriteTokens | undefined;

  constructor(private readonly options: WorkStealingDashboardOptions) {
    this.#tokens = options.secret === undefined ? undefined : new WriteTokens(options.secret);
    if (this.isShut) this.#log.warn(SHUT);
  }

  /** Whether nobody may look, as nobody has said who may. */
  get isShut(): boolean {
    return this.options.authorize === undefined;
  }

  /** Only `true` is a yes: what else comes back may be a mistake. */
  async mayRead(request: DashboardRequest): Promise<boolean> {
    const answer: unknown = await this.options.authorize?.(request);
    if (answer !== true && Boolean(answer)) {
      // Who gave a session, a name or a 1 for a yes wonders why everybody is refused.
      this.warnOnce(
        `authorize() of the dashboard returned a ${typeof answer}; only true lets a visitor in, so this one is refused.`,
      );
    }
    return answer === true;
  }

  /** Says to whoever runs the application what is wrong with the dashboard, each thing once. */
  warnOnce(text: string): void {
    this.#log.warnOnce(text, text);
  }

  /** The name of a visitor who may write. */
  async writer(request: DashboardRequest): Promise<string | undefined> {
    const by: unknown = await this.options.authorizeWrite?.(request);
    if (by === undefined || by === null || by === false || by === '') return undefined;
    if (typeof by === 'string' && by.trim() !== '' && by.length <= LONGEST_NAME) return by;
    this.warnOnce(
      `authorizeWrite() of the dashboard returned ${typeof by === 'string' ? 'a name that is blank or too long' : `a ${typeof by}`}; ` +
        `expected who it is, in 1 to ${LONGEST_NAME} characters. The visitor is refused.`,
    );
    return undefined;
  }

  /** What the page is told of its visitor. */
  async viewer(request: DashboardRequest): Promise<Viewer> {
    const by = await this.writer(request);
    return by === undefined ? { by: null, token: null } : { by, token: this.#tokens?.issue(by) ?? '1' };
  }

  /** Whether a write brings the token that was given to this visitor, where tokens are asked for. */
  hasToken(request: DashboardRequest, by: string): boolean {
    return this.#tokens?.accept(request.headers[WRITE_HEADER], by) ?? true;
  }
}
