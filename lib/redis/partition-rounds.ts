import { isCluster, type RedisClient } from './client.js';

/** Partitions that one slice looks into at most: more would make its script long when there is nothing to do. */
const WINDOW = 16;

/** What one script of a slice gets. */
export interface PartitionGroup {
  readonly keys: readonly string[];
  readonly limit: number;
}

/** Goes round the partitions, some of them a slice; each process begins elsewhere. */
export class PartitionRounds {
  #next: number;

  /** @param keyOf - the key by which a partition is worked on. */
  constructor(
    private readonly client: RedisClient,
    private readonly partitions: number,
    private readonly keyOf: (partition: number) => string,
  ) {
    this.#next = Math.floor(Math.random() * partitions);
  }

  /** For one script where keys may be of any slot; in a Cluster for one a partition, all sent at once, that share the limit. */
  next(limit: number): PartitionGroup[] {
    const keys = this.#nextKeys();
    if (!isCluster(this.client)) return [{ keys, limit }];
    const share = Math.ceil(limit / keys.length);
    return keys.map((key) => ({ keys: [key], limit: share }));
  }

  /** Begins one partition later each time, so that none has to wait for what those before it leave. */
  #nextKeys(): string[] {
    const count = Math.min(WINDOW, this.partitions);
    const first = this.#next;
    this.#next = (first + (count < this.partitions ? count : 1)) % this.partitions;
    return Array.from({ length: count }, (_, offset) => this.keyOf((first + offset) % this.partitions));
  }
}
