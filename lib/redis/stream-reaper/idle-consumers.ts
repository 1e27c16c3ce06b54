import type { RedisClient } from '../client.js';

/** The consumers of a group that have been idle for so many ms and own nothing, by name; bytes, as names may be no text. */
export async function idleConsumers(
  client: RedisClient,
  stream: string,
  group: string,
  idle: number,
): Promise<Buffer[]> {
  // Not in a script: there XINFO takes five times as long, as what it tells has to become values of Lua.
  const infos = await client.callBuffer('XINFO', 'CONSUMERS', stream, group);
  return (infos as unknown[]).flatMap((info) => {
    const consumer = fieldsOf(info);
    const isIdle = Number(consumer.get('idle')) >= idle && Number(consumer.get('pending')) === 0;
    return isIdle ? [consumer.get('name') as Buffer] : [];
  });
}

/** `[name, value, …]`, or what a client makes of a map. */
function fieldsOf(info: unknown): ReadonlyMap<string, unknown> {
  if (!Array.isArray(info))
    return new Map(info instanceof Map ? [...info].map(textual) : Object.entries(info as object));
  return new Map(
    Array.from({ length: info.length / 2 }, (_, index) => textual([info[2 * index], info[2 * index + 1]])),
  );
}

function textual([name, value]: readonly unknown[]): [string, unknown] {
  return [String(name), value];
}
