import type { InjectionToken } from '@nestjs/common';
import { HiddenSlots } from '../enlist/hidden-slots.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';

/** An instance with caches in slots. */
export interface CacheHolder {
  readonly [slot: symbol]: EarlyRefreshCache | undefined;
}

/** Slots of caches in instances, by injection token. Nothing but a cache is kept: a test double would change results. */
export const CACHE_SLOTS = new HiddenSlots<InjectionToken>(
  'cache',
  (token) => token,
  (injected) => EarlyRefreshCache.from(injected),
);
