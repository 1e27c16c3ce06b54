import { AsyncResource } from 'node:async_hooks';

// Created when the library is loaded, so outside of any request: code that runs in it has no AsyncLocalStorage of a
// caller, and cannot join a request's transaction, trace or tenant.
const root = new AsyncResource('WorkStealing', { requireManualDestroy: true });

/** Runs `work` outside the caller's async context. */
export function outsideContext<T>(work: () => T): T {
  return root.runInAsyncScope(work);
}
