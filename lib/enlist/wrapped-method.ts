import 'reflect-metadata';
import type { DeskSlots } from './attach-recruiter.js';
import { endingIndex, endingOf, type Ending } from './enlist-desk.js';
import { Offer } from './completion.js';
import type { EnlistTerms } from './enlist-options.js';
import { continuePromise, isPlainPromise } from './results/promise.js';
import { offerAfterResult } from './results/result.js';
import { prototypesOf } from './prototypes-of.js';
import { named, passFor, type Method } from './method-identity.js';

const ENLISTS = Symbol('nestjs-work-stealing:enlists');
const verdicts = new WeakMap<Function, boolean>();

/**
 * Whether the handler of a request enlists by itself: whether `@Enlist()` stands on it. Other decorators may have put
 * a function of their own in the method's place, so it is known by its class and key as well as by the function.
 */
export function enlistsItself(type: Function, handler: Function): boolean {
  let verdict = verdicts.get(handler);
  if (verdict === undefined) {
    verdict = Reflect.hasMetadata(ENLISTS, handler) || hasEnlistingKey(type, handler);
    verdicts.set(handler, verdict);
  }
  return verdict;
}

function hasEnlistingKey(type: Function, handler: Function): boolean {
  for (const prototype of prototypesOf(type)) {
    for (const key of Reflect.ownKeys(prototype)) {
      if (Object.getOwnPropertyDescriptor(prototype, key)?.value === handler) {
        return Reflect.hasOwnMetadata(ENLISTS, prototype, key);
      }
    }
  }
  // The instance has a function of its own, made in its constructor, say, around the method.
  return handler.name !== '' && Reflect.hasMetadata(ENLISTS, type.prototype as object, handler.name);
}

/** Notes that a method of a prototype enlists, beside the method: another decorator may replace it. */
export function markEnlisting(prototype: object, key: string | symbol): void {
  Reflect.defineMetadata(ENLISTS, true, prototype, key);
}

/**
 * A method that does as the given one and offers its worker when that has ended. Without a recruiter on `this` (a
 * plain `new`, a unit test) it is the given one.
 */
export function enlistingMethod(
  method: Method,
  key: string | symbol,
  slot: symbol,
  terms: EnlistTerms,
): Method {
  const enlisting = terms.when === undefined ? enlistingAlways : enlistingWhen;
  const wrapper = passFor(method, enlisting(method, key, slot, terms));
  Reflect.defineMetadata(ENLISTS, true, wrapper);
  return wrapper;
}

type Enlisting = typeof enlistingMethod;

/** The hot path. It mentions `args` only where it hands them on, which spares making the array. */
const enlistingAlways: Enlisting = (method, key, slot, terms) => {
  const index = endingIndex(terms);
  const seen = new WeakSet<object>();
  return named(key, {
    [key](this: DeskSlots | undefined, ...args: unknown[]): unknown {
      const desk = this?.[slot];
      if (desk === undefined) return Reflect.apply(method, this, args);
      const ending = desk.endings[index]!;
      let result: unknown;
      try {
        result = Reflect.apply(method, this, args);
      } catch (error) {
        ending.offer.failed();
        throw error;
      }
      return follow(result, ending, seen);
    },
  });
};

const enlistingWhen: Enlisting = (method, key, slot, terms) => {
  const seen = new WeakSet<object>();
  return named(key, {
    [key](this: DeskSlots | undefined, ...args: unknown[]): unknown {
      const desk = this?.[slot];
      if (desk === undefined) return Reflect.apply(method, this, args);
      const offer = new Offer(desk.recruiter, terms, args);
      let result: unknown;
      try {
        result = Reflect.apply(method, this, args);
      } catch (error) {
        offer.failed();
        throw error;
      }
      return follow(result, endingOf(offer), seen);
    },
  });
};

function follow(result: unknown, ending: Ending, seen: WeakSet<object>): unknown {
  return isPlainPromise(result)
    ? continuePromise(result, ending)
    : offerAfterResult(result, ending.offer, seen);
}
