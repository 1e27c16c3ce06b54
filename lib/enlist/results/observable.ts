import {
  catchError,
  concat,
  defer,
  EMPTY,
  endWith,
  finalize,
  ignoreElements,
  Observable,
  switchMap,
  tap,
  throwError,
} from 'rxjs';
import type { Offer } from '../completion.js';

/** Whether another Observable may stand for this one: Subjects and other subclasses have more to them than emissions. */
export function isPlainObservable(observable: Observable<unknown>): boolean {
  return observable.constructor === Observable;
}

/** Emits what the source emits, as lazily; makes the offer each time that a subscription has ended. */
export function offerAfterCompletion<T>(source: Observable<T>, offer: Offer): Observable<T> {
  return defer(() => {
    let last: T | undefined;
    const noted = source.pipe(tap((value) => (last = value)));
    return offer.terms.isInline
      ? waitForSlice(noted, offer, () => last)
      : afterDelivery(noted, offer, () => last);
  });
}

/** `finalize` runs when the subscriber has been told already: the response goes first. */
function afterDelivery<T>(source: Observable<T>, offer: Offer, last: () => T | undefined): Observable<T> {
  let isComplete = false;
  return source.pipe(
    tap({ complete: () => (isComplete = true) }),
    finalize(() => {
      if (isComplete) offer.succeeded(last());
      else offer.failed();
    }),
  );
}

/** Completes, or fails, when the slice has ended. */
function waitForSlice<T>(source: Observable<T>, offer: Offer, last: () => T | undefined): Observable<T> {
  let isOver = false;
  const after = <R>(offered: () => Promise<void>, then: Observable<R>) =>
    defer(() => {
      isOver = true;
      return offered();
    }).pipe(
      ignoreElements(),
      endWith(undefined),
      switchMap(() => then),
    );
  return concat(
    source.pipe(
      catchError((error: unknown) =>
        after(
          () => offer.failedInline(),
          throwError(() => error),
        ),
      ),
    ),
    after(() => offer.succeededInline(last()), EMPTY),
  ).pipe(
    finalize(() => {
      if (!isOver) offer.failed();
    }),
  );
}
