import type { Clock } from '../time/clock.js';
import type { Random } from '../recruiter/random.js';
import type { Task } from './recomputes.js';

/** Bounds of {@link KeyHeat}. */
export interface HeatOptions {
  /** Maximum of watched keys. */
  readonly capacity: number;
  /** Time after which a hit counts half: ms. */
  readonly halfLife: number;
}

/** A watched key. */
export interface HotKey {
  /** The task of its latest hit. */
  readonly task: Task;
  /** When it expires: ms of the clock of this process. */
  readonly expiry: number;
  /** Duration of its recompute: ms. */
  readonly delta: number;
  /** Sum of its hits, each halved with every half-life since. */
  readonly score: number;
}

type Watched = { -readonly [Name in keyof HotKey]: HotKey[Name] } & { scoredAt: number; place: number };

/** Number of watched keys, drawn at random, of which the coldest makes room for a new key. */
const SAMPLE_SIZE = 5;
/** A key with a lower score is forgotten. */
const MIN_SCORE = 0.25;

/**
 * Tracks the hottest of any number of keys in this process, in bounded space. A hit costs O(1) and no trip to Redis. A new
 * key replaces a cold one: keys that are read once come and go, while the hot ones stay, as their score is far above that of
 * the coldest of five keys drawn at random.
 */
export class KeyHeat {
  readonly #byKey = new Map<string, Watched>();
  readonly #all: Watched[] = [];

  constructor(
    private readonly options: HeatOptions,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Number of watched keys. */
  get size(): number {
    return this.#all.length;
  }

  /** Records a hit. */
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

  /** Updates a watched key without a hit. */
  update(key: string, { left, delta }: { left: number; delta: number }): void {
    const watched = this.#byKey.get(key);
    if (watched === undefined) return;
    watched.expiry = this.clock.now() + left;
    watched.delta = delta;
  }

  /** Returns keys in the last `share` of their time to live, hottest first; forgets keys that have become cold. */
  due(share: number, limit: number): HotKey[] {
    const now = this.clock.now();
    for (const watched of this.#all.filter((each) => this.#scoreOf(each, now) < MIN_SCORE))
      this.#forget(watched);
    return this.#all
      .filter(({ expiry, task }) => expiry - now <= share * task.options.ttl)
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
    for (let drawn = 1; drawn < SAMPLE_SIZE; drawn++) {
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
