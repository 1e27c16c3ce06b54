import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { EarlyRefreshCache } from 'nestjs-work-stealing/cache';
import {
  KeyspaceSweep,
  QueueTracker,
  Rollup,
  StreamReaper,
  VolatileHashes,
  VolatileSet,
  type ChangeValue,
} from 'nestjs-work-stealing/redis';
import { keyPart } from '../../lib/redis/partitions/partitions.js';
import { EmptyPass } from '../support/empty-pass.js';
import { patient, useRedis } from '../support/redis.js';

/** What plain JavaScript, or a cast, lets through; any type will do. */
const wrong = (value: unknown) => value as never;

class Keys extends KeyspaceSweep {
  protected visit(): void {}
  rewriteBy(change: ChangeValue) {
    return this.rewrite(['text'], change);
  }
  unlinkAll(keys: readonly string[]) {
    return this.unlink(keys);
  }
}

const SOURCE = { nextQueued: () => ({ ids: [] }), stillQueued: () => [] };

describe('Arguments that would be misunderstood', () => {
  const server = useRedis();
  let client: Redis;
  let hashes: VolatileHashes;
  let set: VolatileSet;

  beforeAll(async () => {
    client = patient(new Redis(server.url));
    hashes = new VolatileHashes(client, 'arguments');
    set = new VolatileSet(client, 'arguments');
    await client.set('text', 'old');
  });
  afterAll(() => client.quit());

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'a field that is no text',
      () => hashes.set('h', wrong(undefined), '1'),
      /^field is undefined; expected a string/,
    ],
    [
      'ms in place of a lifetime',
      () => hashes.set('h', 'f', '1', wrong(300)),
      /^lifetime is 300; expected an object/,
    ],
    [
      'null for a lifetime',
      () => hashes.set('h', 'f', '1', wrong(null)),
      /^lifetime is null; expected an object/,
    ],
    ['null for fields', () => hashes.setMany('h', wrong(null)), /^fields are null; expected an object/],
    [
      'a list for fields to set',
      () => hashes.setMany('h', wrong(['a'])),
      /^fields are \[ 'a' \]; expected an object/,
    ],
    [
      'a text for fields to get',
      () => hashes.getMany('h', wrong('ab')),
      /^fields are 'ab'; expected an array/,
    ],
    [
      'nothing for fields to get',
      () => hashes.getMany('h', wrong(undefined)),
      /^fields are undefined; expected an array/,
    ],
    ['ms for a member to stay', () => set.add('m', wrong(300)), /^lifetime is 300; expected an object/],
    [
      'ms for a member to be touched',
      () => set.touch('m', wrong(300)),
      /^lifetime is 300; expected an object/,
    ],
    ['a text for members', () => set.hasMany(wrong('ab')), /^members are 'ab'; expected an array/],
    [
      'a text for ids',
      () => new QueueTracker(client, 'q', SOURCE).areQueued(wrong('ab')),
      /^ids are 'ab'; expected an array/,
    ],
    [
      'a number for a cursor',
      () => new EmptyPass(client, 'pass').seek(wrong(5)),
      /^cursor is 5; expected a string or a Buffer$/,
    ],
    [
      'a key in place of keys',
      () => new Keys(client, 'keys').unlinkAll(wrong('text')),
      /^keys are 'text'; expected an array/,
    ],
    [
      'a change that is none',
      () => new Keys(client, 'keys').rewriteBy(wrong(undefined)),
      /^change is undefined; expected a function/,
    ],
    [
      'a change that answers later',
      () => new Keys(client, 'keys').rewriteBy(wrong(async () => 'new')),
      /^change\(\) returned Promise .*expected a string, a Buffer, or undefined$/,
    ],
    [
      'a change to null',
      () => new Keys(client, 'keys').rewriteBy(wrong(() => null)),
      /^change\(\) returned null; expected a string/,
    ],
  ])('are refused: %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(TypeError);
    await expect(call()).rejects.toThrow(message);
    expect(await client.keys('*')).toEqual(['text']);
    expect(await client.get('text')).toBe('old');
  });

  it.each<[string, (options: never) => unknown]>([
    ['VolatileHashes', (options) => new VolatileHashes(client, 'a', options)],
    ['VolatileSet', (options) => new VolatileSet(client, 'a', options)],
    ['Rollup', (options) => new Rollup(client, 'a', options)],
    ['CursorJob', (options) => new EmptyPass(client, 'a', options)],
    ['KeyspaceSweep', (options) => new Keys(client, 'a', options)],
  ])('are refused: options of a %s that are none', (kind, make) => {
    expect(() => make(wrong(null))).toThrow(`${kind} "a": options are null; expected an object`);
    expect(() => make(wrong(5))).toThrow(`${kind} "a": options are 5; expected an object`);
  });

  it('are names that were cut in the midst of a character: two of them would be one', async () => {
    const [half, otherHalf] = ['\u{1f600}x'.slice(1), '\u{1f601}x'.slice(1)];
    const rollup = new Rollup(client, 'arguments');
    const cache = new EarlyRefreshCache(client, 'arguments');
    const tracker = new QueueTracker(client, 'arguments', SOURCE);
    const mistaken = new QueueTracker(client, 'mistaken', { ...SOURCE, nextQueued: () => ({ ids: [half] }) });
    const calls: [string, () => unknown][] = [
      ['hash', () => hashes.set(half, 'f', '1')],
      ['field', () => hashes.setMany('h', { [half]: '1', [otherHalf]: '2' })],
      ['field', () => hashes.getMany('h', [half])],
      ['member', () => set.add(half)],
      ['item', () => rollup.add(half)],
      ['item', () => rollup.total(half)],
      ['id', () => tracker.markQueued(half)],
      ['key', () => cache.get(half, async () => 'value', { ttl: 1000 })],
      ['name', () => new VolatileSet(client, half)],
      ['VolatileSet "a": prefix', () => new VolatileSet(client, 'a', { prefix: half })],
      ['stream', () => new StreamReaper(client, half, { group: 'g', handler: () => undefined })],
    ];
    for (const [what, call] of calls) {
      await expect(Promise.resolve().then(call)).rejects.toThrow(
        new RegExp(`^${what} is '.*'; expected a string without half a surrogate pair.* Array\\.from`),
      );
    }
    const slice = { jobId: 'job', signal: new AbortController().signal, timeRemaining: () => 50 };
    await expect(mistaken.recruited(slice)).rejects.toThrow(/nextQueued returned .* half a surrogate pair/);
    await hashes.set('whole \u{1f600}', 'f', '1');
    expect(await hashes.get('whole \u{1f600}', 'f')).toBe('1');
    // Ids of jobs become parts of keys, and are kept apart.
    expect(keyPart(half)).not.toBe(keyPart(otherHalf));
    expect(keyPart('a:\u{1f600}')).toBe('a%3a\u{1f600}');
  });

  it('are none where a StreamReaper is told that an option is undefined', () => {
    const nothing = { idle: undefined, limit: undefined, maxAge: undefined, consumer: undefined };
    const options = { group: 'g', handler: () => {}, ...nothing };
    expect(new StreamReaper(client, 'orders', wrong(options)).deadLetter).toBe('{orders}:dead');
  });

  it.each<[string, string, string[], () => unknown]>([
    [
      'VolatileHashes',
      'limmit',
      ['limit', 'partitions', 'prefix', 'backend'],
      () => new VolatileHashes(client, 'a', wrong({ limmit: 3 })),
    ],
    [
      'VolatileSet',
      'limmit',
      ['limit', 'partitions', 'prefix'],
      () => new VolatileSet(client, 'a', wrong({ limmit: 3 })),
    ],
    ['Rollup', 'bukets', ['bucket', 'retention'], () => new Rollup(client, 'a', wrong({ bukets: 3 }))],
    [
      'QueueTracker',
      'limmit',
      ['limit', 'nextQueued'],
      () => new QueueTracker(client, 'a', wrong({ ...SOURCE, limmit: 3 })),
    ],
    [
      'StreamReaper',
      'idel',
      ['idle', 'group'],
      () => new StreamReaper(client, 'a', wrong({ group: 'g', handler: () => {}, idel: 3 })),
    ],
    ['CursorJob', 'bacth', ['batch', 'onEnd'], () => new EmptyPass(client, 'a', wrong({ bacth: 3 }))],
    [
      'CursorJob',
      'tll',
      ['of lease', 'ttl'],
      () => new EmptyPass(client, 'a', wrong({ lease: { ttl: 5000, tll: 3 } })),
    ],
    [
      'KeyspaceSweep',
      'partitons',
      ['partitions'],
      () => new Keys(client, 'a', wrong({ match: '*', partitons: 3 })),
    ],
    ['a lifetime', 'tll', ['ttl'], () => hashes.set('h', 'f', '1', wrong({ tll: 3 }))],
  ])(
    'refuses a misspelt option of %s, %s, and names those that are known',
    async (_, misspelt, known, make) => {
      const error = await new Promise((resolve) => resolve(make())).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TypeError);
      expect(String(error)).toContain(`'${misspelt}'; known are`);
      for (const name of known) expect(String(error)).toContain(name);
    },
  );

  it('takes a source of queues that is an instance with fields of its own', () => {
    class Source {
      readonly pages = 3;
      nextQueued = SOURCE.nextQueued;
      stillQueued = SOURCE.stillQueued;
    }
    expect(() => new QueueTracker(client, 'a', new Source())).not.toThrow();
  });
});
