import type { Progress, Slice } from '../../recruiter/job.js';
import { allOf } from '../lua/slice-replies.js';
import { isCluster, type RedisLike } from '../connection/client.js';
import { PartitionRotation } from './partition-rotation.js';
import { PassMemory } from './pass-memory.js';

/** Maximum partitions of one script: with more, a script would take long even if there is nothing to do. */
const WINDOW = 16;
/** Scripts that are sent at once in a Cluster, where each partition needs its own. */
const CLUSTER_WINDOW = 16;

/** The input of one script of a slice. */
export interface PartitionGroup {
  readonly keys: readonly string[];
  /** Maximum items of this script: its share of the remaining limit of the slice. */
  readonly limit: number;
  /** Number of scripts that are sent at once. */
  readonly siblings: number;
}

/** The result of one script. */
export interface GroupWork {
  readonly done: number;
  /** Whether more work waits in these partitions. */
  readonly isMore: boolean;
}

/** Runs the slices of a job whose data are spread over partitions. */
export class PartitionedJob {
  readonly #rotation: PartitionRotation;
  /** The partitions in which this process has left nothing in the current pass. */
  readonly #finished = new PassMemory(() => new Set<number>());

  /**
   * @param keyOf - the key under which a partition is worked on.
   * @param window - maximum partitions of one script.
   */
  constructor(
    private readonly client: RedisLike,
    private readonly partitions: number,
    private readonly keyOf: (partition: number) => string,
    private readonly window = WINDOW,
  ) {
    this.#rotation = new PartitionRotation(partitions);
  }

  /**
   * Works on one window of partitions after the other, until `limit` is reached, all have been visited, or the time of the
   * slice is spent. A window is one script; in a Cluster it is one script for each partition, all sent at once, that share the
   * limit.
   *
   * `more` is false when each partition has been visited and has no more work: in this slice, or under `every` in this pass.
   * Each process keeps its own set of these partitions, so a pass that several processes share may visit some of them twice.
   */
  async work(
    slice: Slice,
    limit: number,
    act: (group: PartitionGroup) => Promise<GroupWork>,
  ): Promise<Progress> {
    const finished = this.#finished.of(slice.pass);
    let [done, visited, isMore] = [0, 0, false];
    for (const window of this.#rotation.windows(this.#windowSize, finished)) {
      const groups = this.#groups(window, limit - done);
      const results = await allOf(groups.map(({ group }) => act(group)));
      for (const [index, each] of results.entries()) {
        done += each.done;
        isMore ||= each.isMore;
        if (!each.isMore) groups[index]!.partitions.forEach((partition) => finished?.add(partition));
      }
      visited += window.length;
      if (isMore || done >= limit || slice.timeRemaining() <= 0) break;
    }
    const isUnvisited =
      (finished?.size ?? visited) < this.partitions && (finished !== undefined || done < limit);
    return { done: done === 0 && isUnvisited ? 1 : done, more: isMore || isUnvisited };
  }

  get #windowSize(): number {
    return isCluster(this.client) ? CLUSTER_WINDOW : this.window;
  }

  #groups(
    window: readonly number[],
    limit: number,
  ): { partitions: readonly number[]; group: PartitionGroup }[] {
    const parts = isCluster(this.client) ? window.map((partition) => [partition]) : [window];
    const share = Math.ceil(limit / parts.length);
    return parts.map((partitions) => ({
      partitions,
      group: { keys: partitions.map(this.keyOf), limit: share, siblings: parts.length },
    }));
  }
}
