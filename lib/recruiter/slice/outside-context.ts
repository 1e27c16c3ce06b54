import { AsyncResource } from 'node:async_hooks';

// Made when the library is loaded, so outside of any request: whatever runs in it sees no AsyncLocalStorage of a
// caller, and cannot join a request's transaction, trace or tenant.
const root = new AsyncResource('WorkStealing', { requireManualDestroy: true });

/** Runs `work` outside the caller's async context. */
export function outsideContext<T>(work: () => T): T {
  return root.runInAsyncScope(work);
}
