import { isUint8Array } from 'node:util/types';
import { describeValue } from '../options/describe-value.js';

/** How values are written and read. Any pair does that is its own inverse: `{ encode: serialize, decode: deserialize }` of node:v8. */
export interface CacheCodec {
  /** What is kept of a value, which is never null or undefined: those are kept without it. */
  encode(value: unknown): string | Uint8Array;
  /** The value of what was kept: of a string, its bytes in UTF-8. What it throws makes the entry a miss. */
  decode(payload: Buffer): unknown;
}

/** The default: JSON. */
export const jsonCodec: CacheCodec = {
  encode: (value) => JSON.stringify(value),
  decode: (payload) => JSON.parse(payload.toString()) as unknown,
};

const KINDS = ['value', 'null', 'undefined'] as const;

/** A value as it is kept. Codecs need not know null and undefined, and JSON does not know the latter. */
export interface Payload {
  readonly kind: (typeof KINDS)[number];
  readonly bytes: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** @throws what the codec throws; TypeError when it does not answer with text or bytes. */
export function encodePayload(codec: CacheCodec, value: unknown): Payload {
  if (value === null) return { kind: 'null', bytes: NOTHING };
  if (value === undefined) return { kind: 'undefined', bytes: NOTHING };
  const encoded: unknown = codec.encode(value);
  if (typeof encoded === 'string') return { kind: 'value', bytes: Buffer.from(encoded) };
  if (isUint8Array(encoded)) return { kind: 'value', bytes: Buffer.from(encoded) };
  throw new TypeError(
    `The codec encoded ${describeValue(value)} as ${describeValue(encoded)}; expected a string or bytes`,
  );
}

/** @throws what the codec throws; TypeError for a kind that this version does not know. */
export function decodePayload(codec: CacheCodec, { kind, bytes }: Payload): unknown {
  switch (kind) {
    case 'null':
      return null;
    case 'undefined':
      return undefined;
    case 'value':
      return codec.decode(bytes);
    default:
      throw new TypeError(`The entry is of kind ${describeValue(kind)}; expected one of ${KINDS.join(', ')}`);
  }
}

/** Whether there is nothing in it: such entries may have a time to live of their own. */
export function isNegative({ kind }: Payload): boolean {
  return kind !== 'value';
}
