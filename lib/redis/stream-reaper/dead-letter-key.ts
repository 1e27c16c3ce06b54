import { describeValue } from '../../options/describe-value.js';
import { isCluster, type RedisLike } from '../connection/client.js';
import { keyPrefixOf } from '../lua/send.js';

/**
 * The key of a stream's dead letters: the one asked for, or the stream's own with `:dead`.
 *
 * @throws RangeError when it is the stream itself or, in a Cluster, of another slot.
 */
export function deadLetterKey(client: RedisLike, stream: string, asked: string | undefined): string {
  const prefix = keyPrefixOf(client);
  const isNeighbour = (key: string) => tagIn(prefix + key) === tagIn(prefix + stream);
  if (asked === undefined) {
    // Braces around the whole name make a hash tag that is the name: the same slot.
    const own = [`${stream}:dead`, `{${stream}}:dead`].find(isNeighbour);
    if (own !== undefined) return own;
  }
  const key = asked ?? `${stream}:dead`;
  if (key === stream) throw new RangeError(`deadLetter is ${describeValue(key)}, the stream itself`);
  if (isCluster(client) && !isNeighbour(key)) {
    throw new RangeError(
      `deadLetter is ${describeValue(key)}; in a Cluster it has to be in the slot of the stream, ` +
        `${describeValue(stream)}: give both the same hash tag, such as {orders} and {orders}:dead`,
    );
  }
  return key;
}

/** The part of a key that decides on its slot. */
function tagIn(key: string): string {
  const open = key.indexOf('{');
  const close = key.indexOf('}', open + 1);
  return open === -1 || close <= open + 1 ? key : key.slice(open + 1, close);
}
