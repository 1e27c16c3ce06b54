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
import type { Completion } from '../completion.js';

/** Whether another Observable can replace this one: Subjects and other subclasses have more than emissions. */
export function isPlainObservable(observable: Observable<unknown>): boolean {
  return observable.constructor === Observable;
}

/** Returns an Observable with the same emissions, as lazy as the source, that completes the call after each subscription. */
export function completeObservable<T>(source: Observable<T>, completion: Completion): Observable<T> {
  return defer(() => {
    let last: T | undefined;
    const recorded = source.pipe(tap((value) => (last = value)));
    return completion.options.isInline
      ? waitForSlice(recorded, completion, () => last)
      : afterDelivery(recorded, completion, () => last);
  });
}

/** Completes the call in `finalize`, which runs after the subscriber has been notified: the response goes first. */
function afterDelivery<T>(
  source: Observable<T>,
  completion: Completion,
  last: () => T | undefined,
): Observable<T> {
  let isComplete = false;
  return source.pipe(
    tap({ complete: () => (isComplete = true) }),
    finalize(() => {
      if (isComplete) completion.succeeded(last());
      else completion.failed();
    }),
  );
}

/** Completes or fails after the slice has ended. */
function waitForSlice<T>(
  source: Observable<T>,
  completion: Completion,
  last: () => T | undefined,
): Observable<T> {
  let isOver = false;
  const after = <R>(completed: () => Promise<void>, then: Observable<R>) =>
    defer(() => {
      isOver = true;
      return completed();
    }).pipe(
      ignoreElements(),
      endWith(undefined),
      switchMap(() => then),
    );
  return concat(
    source.pipe(
      catchError((error: unknown) =>
        after(
          () => completion.failedInline(),
          throwError(() => error),
        ),
      ),
    ),
    after(() => completion.succeededInline(last()), EMPTY),
  ).pipe(
    finalize(() => {
      if (!isOver) completion.failed();
    }),
  );
}
