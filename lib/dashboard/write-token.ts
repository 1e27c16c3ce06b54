import { createHmac, timingSafeEqual } from 'node:crypto';

/** ms that a token is good for: a page that is open gets a new one well before. */
const LIFETIME = 60 * 60_000;

/** Signs what the page shows when it writes. Every process with the same secret accepts it. */
export class WriteTokens {
  constructor(
    private readonly secret: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** For one visitor, for an hour. */
  issue(by: string): string {
    const expires = (this.now() + LIFETIME).toString(36);
    return `${expires}.${this.#sign(expires, by)}`;
  }

  /** Whether it is one of ours, for this visitor, and not yet expired. */
  accept(token: unknown, by: string): boolean {
    if (typeof token !== 'string') return false;
    const [expires = '', signature = ''] = token.split('.');
    const wanted = Buffer.from(this.#sign(expires, by));
    const given = Buffer.from(signature);
    const isGenuine = wanted.length === given.length && timingSafeEqual(wanted, given);
    return isGenuine && parseInt(expires, 36) > this.now();
  }

  #sign(expires: string, by: string): string {
    return createHmac('sha256', this.secret).update(`${expires}\n${by}`).digest('base64url');
  }
}
