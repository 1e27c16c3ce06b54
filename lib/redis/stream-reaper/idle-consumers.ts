import type { RedisLike } from '../connection/client.js';
import { sendForBytes, type Wait } from '../lua/send.js';

/** The consumers of a group that have been idle for so many ms and own nothing, by name; bytes, as names may be no text. */
export async function idleConsumers(
  client: RedisLike,
  stream: string,
  group: string,
  idle: number,
  wait: Wait,
): Promise<Buffer[]> {
  // Not in a script: there XINFO takes five times as long, as what it tells has to become values of Lua.
  const infos = (await sendForBytes(client, 'XINFO CONSUMERS', [stream], [group], wait)) as unknown[][];
  return infos.flatMap((info) => {
    const consumer = fieldsOf(info);
    const isIdle = Number(consumer.get('idle')) >= idle && Number(consumer.get('pending')) === 0;
    return isIdle ? [consumer.get('name') as Buffer] : [];
  });
}

/** `[name, value, …]` as a map. */
function fieldsOf(info: readonly unknown[]): ReadonlyMap<string, unknown> {
  return new Map(
    Array.from({ length: info.length / 2 }, (_, index) => [String(info[2 * index]), info[2 * index + 1]]),
  );
}
