import { crc32 } from 'node:zlib';

/** The hash tag of a partition: its keys share one slot of a Cluster, and the partitions spread over the slots. */
export function tagOf(name: string, partition: number): string {
  return `{${name}:${partition}}`;
}

/** The partition of an item, 0 to `partitions` - 1: the same in every process and every version. */
export function partitionOf(item: string, partitions: number): number {
  return partitions === 1 ? 0 : crc32(item) % partitions;
}

/**
 * Escapes a string for use in a key. Ids may be any string: a brace would end the hash tag, a colon the part of the key, and
 * UTF-8 has the same replacement character for every half of a surrogate pair.
 */
export function keyPart(text: string): string {
  return text.replace(/[%:{}]|\p{Surrogate}/gu, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}
