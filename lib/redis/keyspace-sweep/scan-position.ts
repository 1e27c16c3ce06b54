import { createHash } from 'node:crypto';
import type { Shard } from './keyspace.js';
import type { RedisKey } from './redis-key.js';

/** How far a sweep is in its shards. */
export interface ScanPosition {
  /** How the slots were spread when the sweep began. */
  readonly map: string;
  /** The slots that it is in. */
  readonly slots: string;
  /** The run of the server that gave the cursor; '' at the beginning of a shard. */
  readonly run: string;
  /** SCAN's own cursor. */
  readonly scan: string;
  /** How often the sweep has come to its end in vain, because keys were on the move. */
  readonly lap: number;
  /** Whether keys were on the move in this lap: some may have gone into a part that was already visited. */
  readonly isDirty: boolean;
  /** Marks of the keys at SCAN's cursor that are done: it brings them again, where they were done one by one. */
  readonly done: readonly string[];
}

/** By which a key is known among the few at a cursor of SCAN. */
export function markOf(key: RedisKey): string {
  return createHash('sha1').update(key).digest('base64url').slice(0, 12);
}

/** The beginning of a shard. */
export function startOf(shards: readonly Shard[], shard: Shard, lap = 0, isDirty = false): ScanPosition {
  return { map: mapOf(shards), slots: shard.slots, run: '', scan: '0', lap, isDirty, done: [] };
}

/**
 * Where a sweep goes on; undefined where its partition has no shard.
 *
 * A cursor of SCAN is worth nothing on another server, nor after a restart: the order of keys hangs on a secret of the
 * run. And where slots have moved, keys may have gone from a part that was not yet visited into one that was.
 *
 * @param all - every shard as of now.
 * @param own - those of this partition.
 */
export function resume(
  kept: string | undefined,
  all: readonly Shard[],
  own: readonly Shard[],
): Place | undefined {
  const [first] = own;
  if (first === undefined) return undefined;
  const position = kept === undefined ? undefined : read(kept);
  const shard = own.find(({ slots }) => slots === position?.slots);
  if (position !== undefined && shard !== undefined && position.map === mapOf(all)) {
    return { position, shard, isAnew: false };
  }
  return { position: startOf(all, first), shard: first, isAnew: kept !== undefined };
}

/** Where a sweep goes on. */
export interface Place {
  readonly position: ScanPosition;
  readonly shard: Shard;
  /** Whether it begins again, because slots have moved. */
  readonly isAnew: boolean;
}

/** A position as a cursor. */
export function write({ map, slots, run, scan, lap, isDirty, done }: ScanPosition): string {
  return [map, slots, run, scan, lap, isDirty ? 'dirty' : 'clean', ...done].join(' ');
}

type Words = [map: string, slots: string, run: string, scan: string, lap: string, state: string, ...string[]];

function read(kept: string): ScanPosition | undefined {
  const words = kept.split(' ');
  if (words.length < 6) return undefined;
  const [map, slots, run, scan, lap, state, ...done] = words as Words;
  return { map, slots, run, scan, lap: Number(lap), isDirty: state === 'dirty', done };
}

/** The distribution of the slots, without the servers that hold them: a failover does not change it. */
function mapOf(shards: readonly Shard[]): string {
  return shards.map(({ slots }) => slots).join('/');
}
