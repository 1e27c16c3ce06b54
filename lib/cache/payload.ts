import { isUint8Array } from 'node:util/types';
import { describeValue } from '../options/describe-value.js';

/** Encodes and decodes cached values: any pair of inverse functions, as `{ encode: serialize, decode: deserialize }` of node:v8. */
export interface CacheCodec {
  /** Encodes a value for storage. Never called with null or undefined, which are stored without the codec. */
  encode(value: unknown): string | Uint8Array;
  /** Decodes a stored value; an encoded string comes as its UTF-8 bytes. An entry for which it throws counts as missing. */
  decode(payload: Buffer): unknown;
}

/** The default codec: JSON. */
export const jsonCodec: CacheCodec = {
  encode: (value) => JSON.stringify(value),
  decode: (payload) => JSON.parse(payload.toString()) as unknown,
};

const KINDS = ['value', 'null', 'undefined'] as const;

/** A value as it is stored. Null and undefined are kinds of their own, so that codecs need not support them. */
export interface Payload {
  readonly kind: (typeof KINDS)[number];
  readonly bytes: Buffer;
}

const NOTHING = Buffer.alloc(0);

/** @throws the error of the codec; TypeError if it returns neither a string nor bytes. */
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

/** @throws the error of the codec; TypeError for a kind that this version does not know. */
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

/** Whether the value is null or undefined: such entries may have a separate time to live. */
export function isNegative({ kind }: Payload): boolean {
  return kind !== 'value';
}
