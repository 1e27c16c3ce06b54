import { isObservable, type Observable } from 'rxjs';
import type { Offer } from '../completion.js';
import { isIterator, offerAfterIteration } from './iterator.js';
import { isPlainObservable, offerAfterCompletion } from './observable.js';

/**
 * Makes the offer when what a method returned has come to its end, and answers what the caller gets in its place.
 * Native promises are seen to before, on the hot path.
 *
 * @param seen - iterators that the method has returned before: one that it keeps returning is watched once.
 */
export function offerAfterResult(result: unknown, offer: Offer, seen: WeakSet<object>): unknown {
  switch (kindOf(result)) {
    case 'observable':
      return offerAfterCompletion(result as Observable<unknown>, offer);
    case 'iterator':
      if (!seen.has(result as object)) offerAfterIteration(result as object, offer);
      seen.add(result as object);
      return result;
    case 'opaque':
      return result;
    case 'value':
      offer.succeeded(result);
      return result;
  }
}

/** `opaque`: nobody can know how it ends without starting, consuming or changing it. */
type Kind = 'observable' | 'iterator' | 'opaque' | 'value';

function kindOf(result: unknown): Kind {
  if ((typeof result !== 'object' || result === null) && typeof result !== 'function') return 'value';
  try {
    if (typeof (result as { then?: unknown }).then === 'function') return 'opaque';
    if (isObservable(result)) return isPlainObservable(result) ? 'observable' : 'opaque';
    return isIterator(result) ? 'iterator' : 'value';
  } catch {
    // A getter or a proxy that throws: the caller may never look at it.
    return 'opaque';
  }
}
