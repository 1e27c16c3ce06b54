import type { Progress, Slice } from '../../recruiter/job.js';
import { allOf } from './all-of.js';
import { isCluster, type RedisLike } from '../connection/client.js';

/** Partitions that one script looks into at most: more would make it long when there is nothing to do. */
const WINDOW = 16;
/** Scripts that are sent at once in a Cluster, where each partition takes one. */
const CLUSTER_WINDOW = 16;

/** What one script of a slice gets. */
export interface PartitionGroup {
  readonly keys: readonly string[];
  /** Items that it may do: its share of what is left of the slice's. */
  readonly limit: number;
  /** How many scripts are sent at once. */
  readonly siblings: number;
}

/** What one script has come to. */
export interface GroupWork {
  readonly done: number;
  /** Whether more waits in these partitions. */
  readonly isMore: boolean;
}

/** Goes round the partitions; each process begins elsewhere. */
export class PartitionRounds {
  #next: number;

  /**
   * @param keyOf - the key by which a partition is worked on.
   * @param window - partitions that one script looks into at most.
   */
  constructor(
    private readonly client: RedisLike,
    private readonly partitions: number,
    private readonly keyOf: (partition: number) => string,
    private readonly window = WINDOW,
  ) {
    this.#next = Math.floor(Math.random() * partitions);
  }

  /**
   * Works on one window of partitions after the other, until more waits than may be done, all have been looked into, or
   * the slice is over: so a slice that says that nothing is left has seen it. Where keys may be of any slot a window is
   * one script; in a Cluster one a partition, all sent at once, that share the limit.
   */
  async work(
    slice: Slice,
    limit: number,
    act: (group: PartitionGroup) => Promise<GroupWork>,
  ): Promise<Progress> {
    let [done, seen, isMore] = [0, 0, false];
    do {
      const groups = this.#groups(limit - done);
      const work = await allOf(groups.map(act));
      seen += groups.reduce((sum, { keys }) => sum + keys.length, 0);
      done += work.reduce((sum, each) => sum + each.done, 0);
      isMore = work.some((each) => each.isMore);
    } while (!isMore && done < limit && seen < this.partitions && slice.timeRemaining() > 0);
    const isUnseen = done < limit && seen < this.partitions;
    return { done: done === 0 && isUnseen ? 1 : done, more: isMore || isUnseen };
  }

  #groups(limit: number): PartitionGroup[] {
    if (!isCluster(this.client)) return [{ keys: this.#nextKeys(this.window), limit, siblings: 1 }];
    const keys = this.#nextKeys(CLUSTER_WINDOW);
    const share = Math.ceil(limit / keys.length);
    return keys.map((key) => ({ keys: [key], limit: share, siblings: keys.length }));
  }

  /** Begins one partition later each time, so that none has to wait for what those before it leave. */
  #nextKeys(window: number): string[] {
    const count = Math.min(window, this.partitions);
    const first = this.#next;
    this.#next = (first + (count < this.partitions ? count : 1)) % this.partitions;
    return Array.from({ length: count }, (_, offset) => this.keyOf((first + offset) % this.partitions));
  }
}
