import 'reflect-metadata';
import { Inject, Optional } from '@nestjs/common';
import { DEFAULT_RECRUITER } from '../recruiter/default-recruiter.js';
import { fillSlot, hideSlot } from './hidden-slot.js';
import { getRecruiterToken } from './inject-recruiter.js';
import { injectedRecruiter, type InjectedRecruiter } from './injected-recruiter.js';

/** Where an instance has the recruiters of its application, under one symbol for each name. */
export interface RecruiterSlots {
  [slot: symbol]: InjectedRecruiter | undefined;
}

const RECRUITERS = Symbol('nestjs-work-stealing:recruiters');
const slots = new Map<string, symbol>();

/**
 * Has Nest inject a recruiter, where there is one, into each instance of a class; returns the symbol under which an
 * instance has it. So each instance enlists with its own application, without a registry.
 */
export function injectRecruiterSlot(prototype: object, name: string = DEFAULT_RECRUITER): symbol {
  const slot = slotOf(name);
  const names = recruitersOf(prototype);
  if (names.includes(name)) return slot;
  Reflect.defineMetadata(RECRUITERS, [...names, name], prototype);
  hideSlot(prototype, slot, injectedRecruiter);
  Inject(getRecruiterToken(name))(prototype, slot);
  Optional()(prototype, slot);
  return slot;
}

/** The names of the recruiters with which the methods of an instance, or of a class's prototype, enlist. */
export function recruitersOf(instanceOrPrototype: object): readonly string[] {
  return (Reflect.getMetadata(RECRUITERS, instanceOrPrototype) as string[] | undefined) ?? [];
}

/**
 * Gives an instance that Nest did not construct (`useValue`, `useFactory`) what Nest injects into those that it did.
 * An instance without enlisting methods is left as it is.
 *
 * @param resolve - what the application injects as the recruiter of a name; undefined where there is none.
 */
export function attachRecruiter(instance: object, resolve: (name: string) => unknown): void {
  for (const name of recruitersOf(instance)) {
    const recruiter = injectedRecruiter(resolve(name));
    if (recruiter !== undefined) fillSlot(instance, slotOf(name), recruiter);
  }
}

function slotOf(name: string): symbol {
  let slot = slots.get(name);
  if (slot === undefined) {
    slot = Symbol(`nestjs-work-stealing:recruiter:${name}`);
    slots.set(name, slot);
  }
  return slot;
}
