import { crc32 } from 'node:zlib';

/** The hash tag of a partition: all its keys have it, so they share a slot of a Cluster, and partitions spread. */
export function tagOf(name: string, partition: number): string {
  return `{${name}:${partition}}`;
}

/** Which of `partitions` an item belongs to: the same in every process and every version. */
export function partitionOf(item: string, partitions: number): number {
  return partitions === 1 ? 0 : crc32(item) % partitions;
}
