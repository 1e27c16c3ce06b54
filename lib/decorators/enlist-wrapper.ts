import 'reflect-metadata';
import type { Recruiter } from '../recruiter/recruiter.js';
import type { RecruiterSlots } from './attach-recruiter.js';
import { Offer } from './enlist-offer.js';
import type { EnlistTerms } from './enlist-options.js';
import { continuationOf, continuePromise, isPlainPromise, type Continuation } from './enlist-promise.js';
import { offerAfterResult } from './enlist-result.js';
import type { Method } from './enlist-target.js';

const ENLISTS = Symbol('nestjs-work-stealing:enlists');

/** Whether a method, or the handler of a request, enlists by itself: whether it carries `@Enlist()`. */
export function enlistsItself(method: Function): boolean {
  return Reflect.hasMetadata(ENLISTS, method);
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
  return passFor(method, enlisting(method, key, slot, terms));
}

type Enlisting = typeof enlistingMethod;

/**
 * The hot path: no two calls differ in what follows them, so that is made once for each recruiter. It mentions `args`
 * only where it hands them on, which spares making the array.
 */
const enlistingAlways: Enlisting = (method, key, slot, terms) => {
  const endings = new WeakMap<Recruiter, Ending>();
  const seen = new WeakSet<object>();
  return named(key, {
    [key](this: RecruiterSlots | undefined, ...args: unknown[]): unknown {
      const recruiter = this?.[slot];
      if (recruiter === undefined) return Reflect.apply(method, this, args);
      let ending = endings.get(recruiter);
      if (ending === undefined) {
        ending = endingOf(new Offer(recruiter, terms, []));
        endings.set(recruiter, ending);
      }
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
    [key](this: RecruiterSlots | undefined, ...args: unknown[]): unknown {
      const recruiter = this?.[slot];
      if (recruiter === undefined) return Reflect.apply(method, this, args);
      const offer = new Offer(recruiter, terms, args);
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

interface Ending extends Continuation {
  readonly offer: Offer;
}

function endingOf(offer: Offer): Ending {
  return { offer, ...continuationOf(offer) };
}

function follow(result: unknown, ending: Ending, seen: WeakSet<object>): unknown {
  return isPlainPromise(result)
    ? continuePromise(result, ending)
    : offerAfterResult(result, ending.offer, seen);
}

/** A method of an object with a computed name is what a class's method is: named, no constructor, without prototype. */
function named(key: string | symbol, holder: object): Method {
  return (holder as Record<string | symbol, Method>)[key]!;
}

/**
 * Gives the wrapper whatever the world reads from the method: its name, length and other properties, what kind of
 * function it is, and its metadata (routes, guards, pipes, API descriptions). Decorators that come after add theirs to
 * the wrapper.
 */
function passFor(method: Method, wrapper: Method): Method {
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(method) as object | null);
  for (const key of Reflect.ownKeys(method)) {
    Object.defineProperty(wrapper, key, Object.getOwnPropertyDescriptor(method, key)!);
  }
  for (const key of Reflect.getOwnMetadataKeys(method)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), wrapper);
  }
  Reflect.defineMetadata(ENLISTS, true, wrapper);
  return wrapper;
}
