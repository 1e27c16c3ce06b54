import type { CacheTools } from './cache-tools.js';
import type { Entry } from './entry-store.js';
import { decodePayload } from './payload.js';

/** What an entry holds. */
export interface Reading {
  readonly value: unknown;
  /** The same anew, for one more caller. */
  readonly give: () => unknown;
}

/** Reads an entry; one that cannot be read is logged and counted, and is a miss. */
export function readEntry(key: string, { payload }: Entry, tools: CacheTools): Reading | undefined {
  const give = () => decodePayload(tools.options.codec, payload);
  try {
    return { value: give(), give };
  } catch (error) {
    tools.counts.broken++;
    tools.complaints.ofKey(key, 'its entry cannot be decoded, and counts as missing', error);
    return undefined;
  }
}
