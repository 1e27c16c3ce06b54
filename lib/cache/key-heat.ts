import type { Clock } from '../time/clock.js';
import type { Random } from '../recruiter/random.js';
import type { Task } from './recomputes.js';

/** How much is kept in mind. */
export interface HeatOptions {
  /** Keys at most. */
  readonly capacity: number;
  /** A hit counts half after so many ms. */
  readonly halfLife: number;
}

/** A key that is asked for often. */
export interface HotKey {
  /** The latest that was handed in. */
  readonly task: Task;
  /** ms of the clock here at which it expires. */
  readonly expiry: number;
  /** How long its recompute took: ms. */
  readonly delta: number;
  /** Hits, each halved once in each half-life since. */
  readonly score: number;
}

type Watched = { -readonly [Name in keyof HotKey]: HotKey[Name] } & { scoredAt: number; place: number };

/** Of so many watched keys, drawn at random, the coldest makes room for another. */
const DRAWN = 5;
/** A key that scores less is forgotten: it has not been asked for in a while. */
const COLD = 0.25;

/**
 * The hottest keys of this process, of any number that is asked for, in bounded space. Each hit costs O(1) and no trip to
 * Redis. A key that is new takes the place of a cold one, so the many that are asked for once come and go while the hot
 * ones stay: their heat is far above that of any five drawn at random.
 */
export class KeyHeat {
  readonly #byKey = new Map<string, Watched>();
  readonly #all: Watched[] = [];

  constructor(
    private readonly options: HeatOptions,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** How many keys are watched. */
  get size(): number {
    return this.#all.length;
  }

  /** One hit. */
  touch(task: Task, { left, delta }: { left: number; delta: number }): void {
    const now = this.clock.now();
    let watched = this.#byKey.get(task.key);
    if (watched === undefined) {
      if (this.#all.length >= this.options.capacity) this.#forget(this.#coldestDrawn(now));
      watched = { task, expiry: 0, delta, score: 0, scoredAt: now, place: this.#all.length };
      this.#byKey.set(task.key, watched);
      this.#all.push(watched);
    }
    watched.task = task;
    watched.score = this.#scoreOf(watched, now) + 1;
    watched.scoredAt = now;
    watched.expiry = now + left;
    watched.delta = delta;
  }

  /** What was learnt of an entry without a hit. */
  see(key: string, { left, delta }: { left: number; delta: number }): void {
    const watched = this.#byKey.get(key);
    if (watched === undefined) return;
    watched.expiry = this.clock.now() + left;
    watched.delta = delta;
  }

  /** Keys that expire within a share of their time to live, the hottest first; forgets those that have become cold. */
  due(share: number, limit: number): HotKey[] {
    const now = this.clock.now();
    for (const watched of this.#all.filter((each) => this.#scoreOf(each, now) < COLD)) this.#forget(watched);
    return this.#all
      .filter(({ expiry, task }) => expiry - now <= share * task.terms.ttl)
      .map((watched) => ({ ...watched, score: this.#scoreOf(watched, now) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, limit);
  }

  #scoreOf({ score, scoredAt }: Watched, now: number): number {
    return score * 2 ** ((scoredAt - now) / this.options.halfLife);
  }

  #coldestDrawn(now: number): Watched {
    const draw = () => this.#all[Math.floor(this.random.next() * this.#all.length)]!;
    let coldest = draw();
    for (let drawn = 1; drawn < DRAWN; drawn++) {
      const other = draw();
      if (this.#scoreOf(other, now) < this.#scoreOf(coldest, now)) coldest = other;
    }
    return coldest;
  }

  #forget(watched: Watched): void {
    this.#byKey.delete(watched.task.key);
    const last = this.#all.pop()!;
    if (last === watched) return;
    this.#all[watched.place] = last;
    last.place = watched.place;
  }
}
