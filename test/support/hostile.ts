/* oxlint-disable unicorn/no-thenable -- What hostile thenables do has to be tested with some. */
import fc from 'fast-check';

/** How many cases of each property: `npm run hostile` makes twenty times as many. */
export const RUNS = Number(process.env['HOSTILE_RUNS'] ?? 500);

/** What a getter or a trap of a hostile value throws: the user's own error, which may come through as it is. */
export class Sabotage extends Error {}

function sabotage(): never {
  throw new Sabotage('sabotage');
}

/** A value that fast-check must not look at, since looking may throw: it is made when it is used. */
export class Hostile<T = unknown> {
  constructor(
    readonly what: string,
    readonly make: () => T,
  ) {}
}

const traps: ProxyHandler<object> = {
  get: sabotage,
  has: sabotage,
  ownKeys: sabotage,
  getPrototypeOf: sabotage,
  getOwnPropertyDescriptor: sabotage,
};

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const traitors: Record<string, () => unknown> = {
  'a Proxy that throws': () => new Proxy({}, traps),
  'a function Proxy that throws': () => new Proxy(() => undefined, traps),
  'a revoked Proxy': revoked,
  'a null-prototype object': () => Object.create(null) as unknown,
  'a null-prototype job': () => Object.assign(Object.create(null) as object, { recruited: () => 1 }),
  'a frozen job': () => Object.freeze({ recruited: () => 1 }),
  'a job whose method cannot be read': () => ({
    get recruited(): never {
      return sabotage();
    },
  }),
  'frozen options': () => Object.freeze({ rate: 0.1, ttl: 5 }),
  'a frozen array': () => Object.freeze([0.1]),
  'an invalid Date': () => new Date(Number.NaN),
  'a RegExp': () => /x/,
  'a function that throws': () => () => sabotage(),
  'a class': () => class {},
  'no primitive': () => ({ valueOf: sabotage, toString: sabotage }),
  'no primitive either': () => ({ [Symbol.toPrimitive]: sabotage }),
  'not iterable after all': () => ({ [Symbol.iterator]: sabotage }),
  'a then that throws': () => ({ then: sabotage }),
  'a then that cannot be read': () => ({
    get then(): never {
      return sabotage();
    },
  }),
  'a thenable that calls back twice': () => ({
    then(resolve: (value: unknown) => void, reject: (reason: unknown) => void) {
      resolve(1);
      reject(new Error('twice'));
      resolve(0);
    },
  }),
  'a thenable that resolves with itself, in the end': () => ({
    then(resolve: (value: unknown) => void) {
      resolve({ then: (again: (value: unknown) => void) => again(0) });
    },
  }),
  'a promise of another species': () => {
    class Odd extends Promise<unknown> {
      static override get [Symbol.species](): never {
        return sabotage();
      }
    }
    return Odd.resolve(1);
  },
  'an array of another species': () => Object.assign([1], { constructor: { [Symbol.species]: sabotage } }),
  'a rejected promise': () => {
    const rejected = Promise.reject(new Sabotage('rejected'));
    // Nobody has to look at an option; that slices look at theirs has a test of its own.
    rejected.catch(() => {});
    return rejected;
  },
  'an error without anything': () => Object.create(Error.prototype) as unknown,
  'an error with hostile parts': () => {
    // In this order: V8 composes the stack when it is first touched, from the message.
    const error = Object.defineProperty(new Error('hidden'), 'stack', { get: sabotage });
    return Object.defineProperty(error, 'message', { get: sabotage });
  },
  'a circle': () => {
    const circle: Record<string, unknown> = {};
    return Object.assign(circle, { circle });
  },
  'a deep object': () => {
    let deep: unknown = 0;
    for (let level = 0; level < 5000; level++) deep = [deep];
    return deep;
  },
  bytes: () => Buffer.from([0xff, 0xfe]),
};

/** Numbers and texts that look like one thing and are another, or have been an attack somewhere. */
const suspects: readonly unknown[] = [
  [Number.NaN, Infinity, -Infinity, -0, Number.MIN_VALUE, 2 ** 31, 2 ** 53, 1e308, 10n, null, undefined],
  ['', ' ', '\0', '\u202E\uFEFF', '\uD800', '0.5', '1e3', '__proto__', 'constructor', 'toString', 'then'],
  ['<img src=x onerror=alert(1)>', "'; DROP TABLE jobs; --", '{tag}', '}{', 'a\r\nSET b c'],
  ['x'.repeat(512), 'x'.repeat(513), 'x'.repeat(100_000), Symbol('hostile'), Symbol.iterator, true, false],
].flat();

const asHostile = (value: unknown) => new Hostile('a value', () => value);

/** Anything at all. */
export const anything: fc.Arbitrary<Hostile> = fc.oneof(
  fc.constantFrom(...Object.entries(traitors).map(([what, make]) => new Hostile(what, make))),
  fc.constantFrom(...suspects).map(asHostile),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }).map(asHostile),
  fc.double().map(asHostile),
  fc.string({ unit: 'binary', maxLength: 20 }).map(asHostile),
);

/** What is wanted, mostly, and sometimes anything. */
export function mostly(wanted: fc.Arbitrary<unknown>, weight = 4): fc.Arbitrary<Hostile> {
  const valid = wanted.map((value) => (value instanceof Hostile ? value : asHostile(value)));
  return fc.oneof({ weight, arbitrary: valid }, { weight: 1, arbitrary: anything });
}

/** Options of which each is now left out, now as it should be, now anything; and names that nobody knows. */
export function optionsOf(valid: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Hostile> {
  const names = Object.keys(valid);
  const fields = fc.record(
    Object.fromEntries(Object.entries(valid).map(([name, value]) => [name, mostly(value)])),
    { requiredKeys: [] },
  );
  const known = fields.map((record) => new Hostile('options', () => made(record)));
  const unknownName = fc.constantFrom('__proto__', 'constructor', 'rateLimit', 'Budget', '', 'then');
  return fc.oneof(
    { weight: 12, arbitrary: known },
    { weight: 2, arbitrary: known.map(({ make }) => new Hostile('frozen', () => Object.freeze(make()))) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fields, unknownName, anything)
        .map(
          ([record, name, value]) =>
            new Hostile(`options with ${name}`, () =>
              Object.defineProperty(made(record), name, { value: value.make(), enumerable: true }),
            ),
        ),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fields, fc.constantFrom(...names))
        .map(
          ([record, name]) =>
            new Hostile(`options whose ${name} cannot be read`, () =>
              Object.defineProperty(made(record), name, { get: sabotage, enumerable: true }),
            ),
        ),
    },
    { weight: 3, arbitrary: anything },
  );
}

function made(record: Partial<Record<string, Hostile>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value!.make()]));
}

/** Whether an error comes from the value rather than from us: its own, or what reading a revoked Proxy throws. */
export function isFromTheValue(error: unknown): boolean {
  return error instanceof Sabotage || /^TypeError: .*revoked/.test(String(error));
}
