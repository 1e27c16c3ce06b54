import 'reflect-metadata';
import { Inject, Optional, type InjectionToken } from '@nestjs/common';
import { fillSlot, hideSlot } from '../enlist/hidden-slot.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';

/** Where an instance keeps the caches of its application, under one symbol for each token. */
export interface CacheSlots {
  [slot: symbol]: EarlyRefreshCache | undefined;
}

const CACHES = Symbol('nestjs-work-stealing:caches');
const slots = new Map<InjectionToken, symbol>();

/**
 * Has Nest inject a cache, where there is one, into each instance of a class; answers the symbol under which an
 * instance has it.
 */
export function injectCacheSlot(prototype: object, token: InjectionToken): symbol {
  const slot = slotOf(token);
  const tokens = cachesOf(prototype);
  if (tokens.includes(token)) return slot;
  Reflect.defineMetadata(CACHES, [...tokens, token], prototype);
  // The result of the method matters: nothing but a cache may stand in for it, no double and no null of a mocker.
  hideSlot(prototype, slot, (injected) => EarlyRefreshCache.from(injected));
  Inject(token)(prototype, slot);
  Optional()(prototype, slot);
  return slot;
}

/** The tokens of the caches that the methods of an instance, or of a class's prototype, use. */
export function cachesOf(instanceOrPrototype: object): readonly InjectionToken[] {
  return (Reflect.getMetadata(CACHES, instanceOrPrototype) as InjectionToken[] | undefined) ?? [];
}

/** Gives an instance that Nest did not construct (`useValue`, `useFactory`) what Nest injects into those that it did. */
export function attachCache(instance: object, token: InjectionToken, cache: EarlyRefreshCache): void {
  fillSlot(instance, slotOf(token), cache);
}

function slotOf(token: InjectionToken): symbol {
  let slot = slots.get(token);
  if (slot === undefined) {
    slot = Symbol('nestjs-work-stealing:cache');
    slots.set(token, slot);
  }
  return slot;
}
