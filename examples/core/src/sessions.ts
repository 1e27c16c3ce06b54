import { Injectable } from '@nestjs/common';
import { Enlist, StealableJob, type Progress } from 'nestjs-work-stealing';

/** ms that a session lives. */
const TIME_TO_LIVE = 500;
/** ms after which `every` deletes what nobody else has deleted since it expired. */
const LEFT_OVER = 1000;
/** Sessions that one slice deletes at most. */
const LIMIT = 50;

@Injectable()
export class Sessions {
  /** When each session expires, the oldest first, as a `Map` keeps the order of insertion. */
  private readonly expiries = new Map<string, number>();
  readonly expired = { 'by rate': 0, 'by every': 0 };

  constructor() {
    // Those of before a restart, which have expired.
    for (let user = 0; user < 1000; user++) this.expiries.set(`user ${user}`, Date.now());
  }

  get size(): number {
    return this.expiries.size;
  }

  /** Most visitors have a session: that was easy to find out, so this process has a moment, and enlists. */
  @Enlist({ when: (isKnown: boolean) => isKnown })
  visit(user: string): boolean {
    const isKnown = (this.expiries.get(user) ?? 0) > Date.now();
    if (!isKnown) {
      this.expiries.delete(user);
      this.expiries.set(user, Date.now() + TIME_TO_LIVE);
    }
    return isKnown;
  }

  /** No rate and no period: the default share, at most one enlistment in a hundred. */
  @StealableJob({ id: 'expire-sessions' })
  expire(): Progress {
    return this.deleteExpired('by rate', Date.now());
  }

  /** One pass a second in this process, whether there are visitors or not: deletes what is left over when they go. */
  @StealableJob({ id: 'expire-sessions-when-quiet', every: { ms: 1000, scope: 'process' } })
  expireWhenQuiet(): Progress {
    return this.deleteExpired('by every', Date.now() - LEFT_OVER);
  }

  private deleteExpired(how: 'by rate' | 'by every', cutoff: number): Progress {
    let done = 0;
    let more = false;
    for (const [user, expiry] of this.expiries) {
      more = expiry <= cutoff;
      if (!more || done === LIMIT) break;
      this.expiries.delete(user);
      done++;
    }
    this.expired[how] += done;
    return { done, more };
  }
}
