import type { RedisLike } from '../connection/client.js';
import { sendForBytes, type Wait } from '../lua/send.js';

/** The names of consumers that have been idle for `idle` ms and own nothing; as bytes, since a name may not be UTF-8. */
export async function idleConsumers(
  client: RedisLike,
  stream: string,
  group: string,
  idle: number,
  wait: Wait,
): Promise<Buffer[]> {
  // Not in a script: there XINFO takes five times as long, as its reply must become values of Lua.
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
