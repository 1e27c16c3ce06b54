import { exec } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Enlist, Recruiter, type EnlistOptions, type RecruiterError } from 'nestjs-work-stealing';
import { deterministic } from 'nestjs-work-stealing/testing';
import {
  BehaviorSubject,
  defer,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  of,
  range,
  take,
  tap,
  throwError,
} from 'rxjs';
import { attachRecruiter, RECRUITER_SLOTS } from '../../lib/enlist/recruiter-slots.js';

type AnyMethod = (this: unknown, ...args: never[]) => unknown;

/** A recruiter that recruits at each enlistment; `slices` says how many slices have ended. */
function eagerRecruiter(name?: string) {
  const recruiter = new Recruiter(name, deterministic());
  const job = {
    slices: 0,
    recruited() {
      job.slices++;
    },
  };
  recruiter.install(job, 'chore', 1);
  recruiter.open();
  const complaints: RecruiterError[] = [];
  recruiter.on('error', (error) => complaints.push(error));
  return { recruiter, job, complaints };
}

/** An instance of a class with one method, decorated, that belongs to an application with that recruiter. */
function enlistingWith<M extends AnyMethod>(options: EnlistOptions, method: M) {
  class Films {
    readonly title = 'Alien';
  }
  Object.defineProperty(Films.prototype, 'page', decorated(Films.prototype, 'page', method, options));
  const office = eagerRecruiter();
  const instance = new Films() as Films & { page: M };
  attachRecruiter(instance, () => office.recruiter);
  return { instance, ...office };
}

function enlisting<M extends AnyMethod>(method: M) {
  return enlistingWith({}, method);
}

function decorated(
  target: object,
  key: string | symbol,
  method: unknown,
  options?: EnlistOptions,
): PropertyDescriptor {
  const descriptor = { value: method, writable: true, configurable: true, enumerable: false };
  Enlist(options)(target, key, descriptor);
  return descriptor;
}

describe('@Enlist on a method that returns a value', () => {
  it('stays synchronous, passes this and the arguments, and enlists once', () => {
    const { instance, recruiter } = enlisting(function (this: unknown, a: number, b: number) {
      return [this, a + b];
    });
    expect(instance.page(2, 3)).toEqual([instance, 5]);
    expect(recruiter.enlistments).toBe(1);
  });

  it('runs the slice after the caller has had its turn', async () => {
    const { instance, job } = enlisting(() => 'cached');
    instance.page();
    await Promise.resolve();
    expect(job.slices).toBe(0);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(job.slices).toBe(1);
  });

  it('throws what the method throws, and does not enlist', () => {
    const error = new Error('no such film');
    const { instance, recruiter } = enlisting(() => {
      throw error;
    });
    expect(() => instance.page()).toThrow(error);
    expect(recruiter.enlistments).toBe(0);
  });

  /** Results whose end cannot be told without touching them, or that are read later. */
  const living = fc.constantFrom(
    // oxlint-disable-next-line unicorn/no-thenable -- a lazy query is one
    () => ({ then: () => undefined }),
    () => [1, 2][Symbol.iterator](),
    () => (function* () {})(),
    () => () => 1,
    () => new (class Page {})(),
    () => Object.freeze({}),
  );

  it('hands on whatever the method returns or throws, the very same', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything({ withDate: true, withMap: true, withNullPrototype: true }),
          living.map((make) => make()),
        ),
        fc.boolean(),
        (value, throws) => {
          const { instance } = enlistingWith({ on: 'settled' }, () => {
            if (throws) throw value;
            return value;
          });
          let outcome: unknown;
          try {
            outcome = ['returned', instance.page()];
          } catch (error) {
            outcome = ['threw', error];
          }
          expect((outcome as unknown[])[0]).toBe(throws ? 'threw' : 'returned');
          expect(Object.is((outcome as unknown[])[1], value)).toBe(true);
        },
      ),
      { seed: 1 },
    );
  });

  it('leaves alone an object that throws when it is looked at', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('hands off');
        },
      },
    );
    const { instance, recruiter } = enlisting(() => hostile);
    expect(instance.page()).toBe(hostile);
    expect(recruiter.enlistments).toBe(0);
  });
});

describe('@Enlist on a method that returns a promise', () => {
  it('enlists when it has resolved, not when it was made', async () => {
    let resolve!: (value: string) => void;
    const { instance, recruiter } = enlisting(() => new Promise<string>((done) => (resolve = done)));
    const page = instance.page();
    expect(page).toBeInstanceOf(Promise);
    await Promise.resolve();
    expect(recruiter.enlistments).toBe(0);
    resolve('Alien');
    await expect(page).resolves.toBe('Alien');
    expect(recruiter.enlistments).toBe(1);
  });

  it('rejects with the same error when it has rejected, and does not enlist', async () => {
    const error = new Error('no such film');
    const { instance, recruiter } = enlisting(async () => Promise.reject(error));
    await expect(instance.page()).rejects.toBe(error);
    expect(recruiter.enlistments).toBe(0);
  });

  it('keeps what the promise carries', async () => {
    const { instance, recruiter } = enlisting(() => promisify(exec)('echo Alien'));
    const page = instance.page();
    expect(page.child.pid).toBeGreaterThan(0);
    await expect(page).resolves.toEqual({ stdout: 'Alien\n', stderr: '' });
    expect(recruiter.enlistments).toBe(1);
  });

  it('keeps the class of a subclass that adds to promises', async () => {
    class Query<T> extends Promise<T> {
      explain() {
        return 'a scan';
      }
    }
    const { instance, recruiter } = enlisting(() => Query.resolve('Alien') as Query<string>);
    const page = instance.page();
    expect(page.explain()).toBe('a scan');
    await expect(page).resolves.toBe('Alien');
    expect(recruiter.enlistments).toBe(1);
  });

  it('leaves alone a subclass that cannot be made anew', async () => {
    class Ticket extends Promise<string> {
      constructor(readonly price: number) {
        if (typeof price !== 'number') throw new TypeError('a ticket has a price');
        super((resolve) => resolve('admitted'));
      }
    }
    const ticket = new Ticket(9);
    const { instance, recruiter } = enlisting(() => ticket);
    expect(instance.page()).toBe(ticket);
    expect(recruiter.enlistments).toBe(0);
  });

  it('does not start a lazy promise', () => {
    let starts = 0;
    class Lazy extends Promise<number> {
      // oxlint-disable-next-line unicorn/no-thenable -- this is the subject of the test
      override then<A, B>(): Promise<A | B> {
        starts++;
        return Promise.reject(new Error('not for this test'));
      }
    }
    const lazy = new Lazy(() => undefined);
    const { instance, recruiter } = enlisting(() => lazy);
    expect(instance.page()).toBe(lazy);
    expect([starts, recruiter.enlistments]).toEqual([0, 0]);
  });

  it('knows a promise of another realm', async () => {
    const { instance, recruiter } = enlisting(
      () => runInNewContext('Promise.resolve("Alien")') as Promise<string>,
    );
    await expect(instance.page()).resolves.toBe('Alien');
    expect(recruiter.enlistments).toBe(1);
  });

  it('leaves alone a promise of another realm that has a then of its own', () => {
    const lazy = runInNewContext(
      'Object.assign(Promise.resolve(), { then() { throw new Error("hands off"); } })',
    ) as object;
    const { instance, recruiter } = enlisting(() => lazy);
    expect(instance.page()).toBe(lazy);
    expect(recruiter.enlistments).toBe(0);
  });

  it('leaves alone what only looks like a promise', () => {
    const counterfeit = Object.create(Promise.prototype) as object;
    const { instance } = enlisting(() => counterfeit);
    expect(instance.page()).toBe(counterfeit);
  });
});

describe('@Enlist on a method that returns another thenable', () => {
  it('returns it untouched, never calls then, and does not enlist', () => {
    let calls = 0;
    // oxlint-disable-next-line unicorn/no-thenable -- this is the subject of the test
    const query = { where: () => query, then: () => calls++ };
    // oxlint-disable-next-line unicorn/no-thenable -- this is the subject of the test
    const callable = Object.assign(() => 'rows', { then: () => calls++ });
    const { instance, recruiter } = enlisting((isCallable: boolean) => (isCallable ? callable : query));
    expect(instance.page(false)).toBe(query);
    expect(instance.page(true)).toBe(callable);
    expect([calls, recruiter.enlistments]).toEqual([0, 0]);
  });
});

describe('@Enlist on a method that returns an Observable', () => {
  it('stays lazy, and enlists once for each subscription that completes', async () => {
    let subscriptions = 0;
    const { instance, recruiter } = enlisting(() =>
      defer(() => {
        subscriptions++;
        return of(1, 2, 3);
      }),
    );
    const page = instance.page();
    expect([subscriptions, recruiter.enlistments]).toEqual([0, 0]);
    await expect(lastValueFrom(page)).resolves.toBe(3);
    await expect(lastValueFrom(page)).resolves.toBe(3);
    expect([subscriptions, recruiter.enlistments]).toEqual([2, 2]);
  });

  it('enlists after the subscriber has been told', () => {
    const { instance, recruiter } = enlisting(() => of('Alien'));
    const heard: [string, number][] = [];
    instance.page().subscribe({
      next: () => heard.push(['next', recruiter.enlistments]),
      complete: () => heard.push(['complete', recruiter.enlistments]),
    });
    expect(heard).toEqual([
      ['next', 0],
      ['complete', 0],
    ]);
    expect(recruiter.enlistments).toBe(1);
  });

  it.each([
    ['success', 0, 0],
    ['settled', 1, 1],
  ] as const)('on %s counts an error %i times and leaving early %i times', (on, onError, onLeaving) => {
    const failing = enlistingWith({ on }, () => throwError(() => new Error('gone')));
    let heard: unknown;
    failing.instance.page().subscribe({ error: (error: unknown) => (heard = error) });
    expect(heard).toEqual(new Error('gone'));
    expect(failing.recruiter.enlistments).toBe(onError);
    const endless = enlistingWith({ on }, () => NEVER);
    endless.instance.page().subscribe().unsubscribe();
    expect(endless.recruiter.enlistments).toBe(onLeaving);
  });

  it('ends a synchronous source when the subscriber has had enough', async () => {
    let made = 0;
    const { instance } = enlisting(() => range(0, 1000).pipe(tap(() => made++)));
    await expect(firstValueFrom(instance.page())).resolves.toBe(0);
    expect(made).toBe(1);
  });

  it('gives when the last value', () => {
    const seen: unknown[] = [];
    const { instance } = enlistingWith({ when: (last, args) => seen.push([last, args]) > 0 }, (_id: string) =>
      of(1, 2, 3),
    );
    instance.page('Alien').subscribe();
    expect(seen).toEqual([[3, ['Alien']]]);
  });

  it('returns a Subject untouched and does not enlist', () => {
    const subject = new BehaviorSubject('Alien');
    const { instance, recruiter } = enlisting(() => subject);
    expect(instance.page()).toBe(subject);
    subject.complete();
    expect(recruiter.enlistments).toBe(0);
  });
});

describe('@Enlist on a generator method', () => {
  function* reel(this: unknown, frames: number): Generator<number, string, unknown> {
    let frame = 0;
    try {
      while (frame < frames) {
        try {
          yield frame++;
        } catch (error) {
          if (error !== 'splice') throw error;
        }
      }
      return 'the end';
    } finally {
      yield -1;
    }
  }
  async function* stream(this: unknown, frames: number): AsyncGenerator<number, string, unknown> {
    return yield* reel.call(this, frames);
  }
  const steps = fc.array(fc.constantFrom('next', 'return', 'throw splice', 'throw burn'), { maxLength: 8 });
  type Step = { name: string; done?: boolean; value?: unknown; error?: unknown };

  async function play(film: Generator<number> | AsyncGenerator<number>, script: string[]): Promise<Step[]> {
    const played: Step[] = [];
    for (const name of script) {
      const [step, argument] = name.split(' ') as ['next' | 'return' | 'throw', never];
      try {
        const { done, value } = await film[step](argument);
        played.push({ name, done: done ?? false, value });
      } catch (error) {
        played.push({ name, error });
      }
    }
    return played;
  }

  /** What a reader of the transcript takes for a good end: reported done, with nothing thrown and no return() before. */
  function isWellEnded(played: Step[]): boolean {
    const end = played.findIndex(({ done, error }) => done === true || error !== undefined);
    return (
      end >= 0 &&
      played[end]!.error === undefined &&
      played.slice(0, end + 1).every(({ name }) => name !== 'return')
    );
  }

  function isEnded(played: Step[]): boolean {
    return played.some(({ done, error }) => done === true || error !== undefined);
  }

  it.each([
    ['generator', reel],
    ['async generator', stream],
  ] as const)(
    'answers each step as the bare %s does, and enlists once where it has ended',
    async (_kind, method) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.nat(3), async (script, frames) => {
          const bare = await play(method(frames), script);
          const onSuccess = enlisting(method);
          expect(await play(onSuccess.instance.page(frames), script)).toEqual(bare);
          expect(onSuccess.recruiter.enlistments).toBe(isWellEnded(bare) ? 1 : 0);
          const onSettled = enlistingWith({ on: 'settled' }, method);
          await play(onSettled.instance.page(frames), script);
          expect(onSettled.recruiter.enlistments).toBe(isEnded(bare) ? 1 : 0);
        }),
        { seed: 2 },
      );
    },
  );

  it('stays lazy, is the kind of function it was, and makes instances of itself', () => {
    let isStarted = false;
    function* film() {
      isStarted = true;
      yield 1;
    }
    const { instance, recruiter } = enlisting(film);
    const frames = instance.page();
    expect([isStarted, recruiter.enlistments]).toEqual([false, 0]);
    expect(Object.getPrototypeOf(instance.page)).toBe(Object.getPrototypeOf(film));
    expect(frames).toBeInstanceOf(instance.page);
    expect(Object.keys(frames)).toEqual([]);
    expect([...frames]).toEqual([1]);
    expect(recruiter.enlistments).toBe(1);
  });

  it('gives when the return value', async () => {
    const seen: unknown[] = [];
    const { instance } = enlistingWith({ when: (value, args) => seen.push([value, args]) > 0 }, stream);
    for await (const _ of instance.page(2));
    expect(seen).toEqual([['the end', [2]]]);
  });

  it('counts an end that was asked for before return() was', async () => {
    async function* film() {
      yield 1;
    }
    const { instance, recruiter } = enlisting(film);
    const frames = instance.page();
    await frames.next();
    await Promise.all([frames.next(), frames.return(undefined)]);
    expect(recruiter.enlistments).toBe(1);
  });

  it('follows a built-in iterator, and one written by hand, to its end', () => {
    let left = 2;
    const byHand = {
      next: () => ({ done: left === 0, value: left-- }),
      [Symbol.iterator]: () => byHand,
    };
    const { instance, recruiter } = enlisting((isByHand: boolean): Iterable<number> =>
      isByHand ? byHand : [1, 2].values(),
    );
    expect([...instance.page(false)]).toEqual([1, 2]);
    expect(recruiter.enlistments).toBe(1);
    expect(instance.page(true)).toBe(byHand);
    expect([...instance.page(true)]).toEqual([2, 1]);
    expect(recruiter.enlistments).toBe(2);
  });

  it('covers an iterator that is returned again and again once only', () => {
    const ids = (function* () {
      for (let id = 1; ; id++) yield id;
    })();
    const { instance } = enlisting(() => ids);
    const next = () => Object.getOwnPropertyDescriptor(ids, 'next')?.value as unknown;
    instance.page();
    const covered = next();
    instance.page().next();
    expect(typeof covered).toBe('function');
    expect(next()).toBe(covered);
  });

  it('leaves a frozen iterator as it is', () => {
    const { instance, recruiter } = enlisting(() => Object.freeze([1, 2].values()));
    expect([...instance.page()]).toEqual([1, 2]);
    expect(recruiter.enlistments).toBe(0);
  });

  it('takes a list for a value', () => {
    const list = [1, 2];
    const { instance, recruiter } = enlisting(() => list);
    expect(instance.page()).toBe(list);
    expect(recruiter.enlistments).toBe(1);
  });
});

describe('@Enlist with when', () => {
  it('enlists where it holds for the result and the arguments', async () => {
    const { instance, recruiter } = enlistingWith(
      { when: (rows: string[], [id]) => rows.length === 0 && id === 'Alien' },
      async (_id: string, rows: string[]) => rows,
    );
    await instance.page('Alien', ['a row']);
    await instance.page('Aliens', []);
    expect(recruiter.enlistments).toBe(0);
    await instance.page('Alien', []);
    expect(recruiter.enlistments).toBe(1);
  });

  it('dismisses and complains when it throws, and the caller gets its result', async () => {
    const error = new TypeError('no length');
    const broken = () => {
      throw error;
    };
    const sync = enlistingWith({ when: broken }, () => 'Alien');
    const async = enlistingWith({ when: broken }, async () => 'Aliens');
    expect(sync.instance.page()).toBe('Alien');
    await expect(async.instance.page()).resolves.toBe('Aliens');
    for (const { recruiter, complaints } of [sync, async]) {
      expect(recruiter.enlistments).toBe(0);
      expect(complaints).toEqual([expect.objectContaining({ where: 'when of Films.page()', cause: error })]);
    }
  });

  it('dismisses and complains when it answers with a promise, and takes care of that one', async () => {
    const when = (async () => Promise.reject(new Error('too late'))) as unknown as () => boolean;
    const { instance, recruiter, complaints } = enlistingWith({ when }, () => 'Alien');
    expect(instance.page()).toBe('Alien');
    await new Promise(setImmediate);
    expect(recruiter.enlistments).toBe(0);
    expect(complaints.map(({ cause }) => String(cause))).toEqual([
      'TypeError: when returned a promise; it must return a boolean synchronously',
    ]);
  });
});

describe("@Enlist with on: 'settled'", () => {
  it('enlists after a throw and after a rejection, which stay what they are', async () => {
    const error = new Error('no such film');
    const { instance, recruiter } = enlistingWith({ on: 'settled' }, (isAsync: boolean) => {
      if (isAsync) return Promise.reject(error);
      throw error;
    });
    expect(() => instance.page(false)).toThrow(error);
    expect(recruiter.enlistments).toBe(1);
    await expect(instance.page(true)).rejects.toBe(error);
    expect(recruiter.enlistments).toBe(2);
  });

  it('gives when undefined after a failure', () => {
    const seen: unknown[] = [];
    const { instance, recruiter } = enlistingWith(
      { on: 'settled', when: (...given) => seen.push(given) === 0 },
      (_id: string): never => {
        throw new Error('no such film');
      },
    );
    expect(() => instance.page('Alien')).toThrow('no such film');
    expect(seen).toEqual([[undefined, ['Alien']]]);
    expect(recruiter.enlistments).toBe(0);
  });
});

describe('@Enlist with inline', () => {
  it('resolves, and rejects, when the slice has ended', async () => {
    const { instance, job } = enlistingWith({ inline: true, on: 'settled' }, async (fails: boolean) => {
      if (fails) throw new Error('no such film');
      return 'Alien';
    });
    await expect(instance.page(false)).resolves.toBe('Alien');
    expect(job.slices).toBe(1);
    await expect(instance.page(true)).rejects.toThrow('no such film');
    expect(job.slices).toBe(2);
  });

  it('rejects at once where only success counts', async () => {
    const { instance, recruiter } = enlistingWith({ inline: true }, async () =>
      Promise.reject(new Error('no such film')),
    );
    await expect(instance.page()).rejects.toThrow('no such film');
    expect(recruiter.enlistments).toBe(0);
  });

  it('completes, and fails, an Observable when the slice has ended', async () => {
    const { instance, job, recruiter } = enlistingWith({ inline: true, on: 'settled' }, (fails: boolean) =>
      fails ? throwError(() => new Error('gone')) : of('Alien', 'Aliens'),
    );
    await expect(lastValueFrom(instance.page(false))).resolves.toBe('Aliens');
    expect(job.slices).toBe(1);
    await expect(lastValueFrom(instance.page(true))).rejects.toThrow('gone');
    expect(job.slices).toBe(2);
    instance.page(false).pipe(take(1)).subscribe();
    expect(recruiter.enlistments).toBe(3);
  });

  it('runs the slice later for a value, which cannot wait', async () => {
    const { instance, job } = enlistingWith({ inline: true }, () => 'Alien');
    expect(instance.page()).toBe('Alien');
    expect(job.slices).toBe(0);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(job.slices).toBe(1);
  });
});

describe('@Enlist in place of the method', () => {
  const key = Symbol('reel');

  class Films {
    async page(_id: string, _rows = 10, ..._rest: unknown[]): Promise<number> {
      return arguments.length;
    }
    title(_id: string): string {
      return 'Alien';
    }
    *[key](): Generator<number> {
      yield 1;
    }
    async *stream(): AsyncGenerator<number> {
      yield 1;
    }
  }
  const keys = ['page', 'title', key, 'stream'] as const;

  it.each(keys)('keeps name, length, kind, prototype and properties of %p', (name) => {
    const original = Object.assign(Films.prototype[name], { cost: 3, [Symbol.for('mark')]: true });
    Reflect.defineMetadata('roles', ['editor'], original);
    const { value: wrapper } = decorated(Films.prototype, name, original) as { value: Function };
    expect(wrapper).not.toBe(original);
    expect(Reflect.ownKeys(wrapper).sort(byText)).toEqual(Reflect.ownKeys(original).sort(byText));
    for (const property of Reflect.ownKeys(original)) {
      const [is, was] = [wrapper, original].map((method) =>
        Object.getOwnPropertyDescriptor(method, property)!,
      );
      expect({ ...is, value: Object.is(is!.value, was!.value) }).toEqual({ ...was, value: true });
    }
    expect(Object.getPrototypeOf(wrapper)).toBe(Object.getPrototypeOf(original));
    expect(Reflect.getMetadata('roles', wrapper)).toEqual(['editor']);
    expect(() => new (wrapper as new () => object)()).toThrow(TypeError);
  });

  it('passes exactly the arguments that were given', async () => {
    const { instance } = enlisting(Films.prototype.page);
    await expect(Promise.all([instance.page('a'), instance.page('a', 2, 3, 4)])).resolves.toEqual([1, 4]);
  });

  it('is the plain method without a recruiter: after new, and without this', async () => {
    class Plain {
      @Enlist({ when: () => true, on: 'settled' })
      async page(): Promise<unknown> {
        return this;
      }
      @Enlist()
      title(): unknown {
        return this;
      }
    }
    const plain = new Plain();
    await expect(plain.page()).resolves.toBe(plain);
    const { page, title } = plain;
    await expect(page()).resolves.toBeUndefined();
    expect(title()).toBeUndefined();
    expect(title.call(7 as never)).toBe(7);
    expect(Reflect.ownKeys(plain)).toEqual([]);
  });

  it('enlists with the recruiter of each instance', () => {
    class Page {
      @Enlist()
      show(): void {}
      @Enlist({ recruiter: 'night' })
      edit(): void {}
      @Enlist()
      print(): void {}
    }
    const [one, two, night] = [eagerRecruiter(), eagerRecruiter(), eagerRecruiter('night')];
    const [first, second] = [new Page(), new Page()];
    attachRecruiter(first, (name) => (name === 'night' ? night.recruiter : one.recruiter));
    attachRecruiter(second, (name) => (name === 'night' ? undefined : two.recruiter));
    first.show();
    first.edit();
    first.edit();
    second.show();
    second.show();
    second.show();
    second.edit();
    expect([one, two, night].map(({ recruiter }) => recruiter.enlistments)).toEqual([1, 3, 2]);
    expect(RECRUITER_SLOTS.keysOf(first)).toEqual(['default', 'night']);
  });

  it('keeps the recruiter out of sight, and reaches a frozen instance', () => {
    const { instance, recruiter } = enlisting(() => 'Alien');
    expect(Object.assign({}, instance)).toEqual({ title: 'Alien' });
    expect(
      Object.getOwnPropertySymbols(instance).filter((slot) =>
        Object.prototype.propertyIsEnumerable.call(instance, slot),
      ),
    ).toEqual([]);
    const frozen = Object.freeze(Object.create(Object.getPrototypeOf(instance) as object)) as typeof instance;
    expect(() => attachRecruiter(frozen, () => recruiter)).not.toThrow();
    frozen.page();
    expect(recruiter.enlistments).toBe(1);
  });

  it('enlists from subclasses: inherited, overridden with super, and decorated again', () => {
    class Base {
      @Enlist()
      page(): string {
        return 'base';
      }
    }
    class Heir extends Base {}
    class Caller extends Base {
      override page(): string {
        return `caller of ${super.page()}`;
      }
    }
    class Silent extends Base {
      override page(): string {
        return 'silent';
      }
    }
    class Redecorated extends Base {
      @Enlist({ recruiter: 'night' })
      override page(): string {
        return 'redecorated';
      }
    }
    const outcome = [Heir, Caller, Silent, Redecorated].map((Type) => {
      const [day, night] = [eagerRecruiter(), eagerRecruiter('night')];
      const instance = new Type();
      attachRecruiter(instance, (name) => (name === 'night' ? night : day).recruiter);
      return [instance.page(), day.recruiter.enlistments, night.recruiter.enlistments];
    });
    expect(outcome).toEqual([
      ['base', 1, 0],
      ['caller of base', 1, 0],
      ['silent', 0, 0],
      ['redecorated', 0, 1],
    ]);
  });

  it('enlists in its own right when put on twice', () => {
    class Twice {
      @Enlist()
      @Enlist({ recruiter: 'night' })
      page(): void {}
    }
    const [day, night] = [eagerRecruiter(), eagerRecruiter('night')];
    const instance = new Twice();
    attachRecruiter(instance, (name) => (name === 'night' ? night : day).recruiter);
    instance.page();
    expect([day.recruiter.enlistments, night.recruiter.enlistments]).toEqual([1, 1]);
  });
});

describe('@Enlist on what it is not for', () => {
  class Films {}
  const onPage = (options: unknown) => () =>
    decorated(Films.prototype, 'page', () => 1, options as EnlistOptions);
  const call = Enlist() as (...args: unknown[]) => void;

  it.each([
    [{ on: 'x' }, "on is 'x'; expected 'success' or 'settled'"],
    [{ when: true }, 'when is true; expected a function'],
    [{ inline: 'yes' }, "inline is 'yes'; expected true or false"],
    [{ recruiter: '' }, "recruiter is ''; expected the name"],
    [{ recruiter: 7 }, 'recruiter is 7; expected the name'],
    [{ wen: () => true }, "unknown option 'wen'; known are when, on, inline, recruiter"],
    [null, 'options are null; expected an object'],
  ])('refuses the options %p', (options, message) => {
    expect(onPage(options)).toThrow(expect.objectContaining({ name: 'WorkStealingConfigError' }));
    expect(onPage(options)).toThrow(`@Enlist() on Films.page(): ${message}`);
  });

  it('lists all that is wrong with the options at once', () => {
    expect(onPage({ on: 1, inline: 2 })).toThrow(
      expect.objectContaining({
        problems: [expect.stringMatching(/^on is 1/), expect.stringMatching(/^inline is 2/)],
      }),
    );
  });

  it.each<[string, unknown[], RegExp]>([
    [
      'an accessor',
      [Films.prototype, 'page', { get: () => 1 }],
      /the accessor Films\.page: .*Make it a method/,
    ],
    ['a setter', [Films.prototype, 'page', { set: () => undefined }], /the accessor Films\.page/],
    [
      'a static method',
      [Films, 'page', { value: () => 1 }],
      /the static method Films\.page\(\).*instance method/,
    ],
    ['a class', [Films], /class Films: .*Put it on the methods/],
    ['a property', [Films.prototype, 'page', undefined], /the property Films\.page/],
    ['a value', [Films.prototype, 'page', { value: 1 }], /the property Films\.page/],
    ['a parameter', [Films.prototype, 'page', 0], /a parameter of Films\.page\(\)/],
    [
      'a symbol-named accessor',
      [Films.prototype, Symbol('reel'), { get: () => 1 }],
      /Films\[Symbol\(reel\)\]/,
    ],
    ['an anonymous class', [class {}.prototype, 'page', undefined], /an anonymous class\.page/],
    ['a standard decorator', [() => 1, { kind: 'method', name: 'page' }], /standard.*experimentalDecorators/],
  ])('refuses %s, and says where', (_what, args, message) => {
    expect(() => call(...args)).toThrow(expect.objectContaining({ name: 'WorkStealingConfigError' }));
    expect(() => call(...args)).toThrow(message);
  });
});

describe('A rejection of an enlisting method', () => {
  it('is reported as unhandled exactly when, and as often as, it was before', async () => {
    const report = await inProcess('rejections.ts');
    expect(report).toEqual({
      ignored: ['bare', 'success', 'settled', 'when', 'inline', 'carrying'],
      handled: [],
    });
  });
});

/** Jest keeps the process's events to itself: this needs a process of its own. */
async function inProcess(script: string): Promise<unknown> {
  const loader = new URL('../support/enlist-child/typescript.mjs', import.meta.url).href;
  const path = new URL(`../support/enlist-child/${script}`, import.meta.url).pathname;
  const child = exec(`"${process.execPath}" --import "${loader}" "${path}"`);
  let [output, errors] = ['', ''];
  child.stdout?.on('data', (text: string) => (output += text));
  child.stderr?.on('data', (text: string) => (errors += text));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${errors}`);
  return JSON.parse(output);
}

function byText(a: string | symbol, b: string | symbol): number {
  return String(a) < String(b) ? -1 : 1;
}
