import { isUtf8 } from 'node:buffer';

/** A key of Redis: a string, or bytes where it is none. */
export type RedisKey = string | Buffer;

/** A key as SCAN brings it, as text where it is one. */
export function keyOf(bytes: Buffer): RedisKey {
  return isUtf8(bytes) ? bytes.toString() : bytes;
}

/** A test for keys that this library stores under a prefix: `prefix:{tag}:<layout>:`. */
export function ownKeyTest(prefix: string): (key: RedisKey) => boolean {
  const start = `${prefix}:{`;
  return (key) => {
    const text = typeof key === 'string' ? key : key.toString('latin1');
    return text.startsWith(start) && /^[^}]*\}:[a-z]{1,3}\d+:/.test(text.slice(start.length));
  };
}
