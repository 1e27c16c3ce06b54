import type { Actions } from './actions.js';
import type { Store } from './store.js';

/** What the parts of the page share. */
export interface Context {
  readonly store: Store;
  readonly actions: Actions;
}
