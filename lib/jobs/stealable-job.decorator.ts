import 'reflect-metadata';
import { WorkStealingConfigError } from '../options/errors.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';
import type { JobOptions } from '../recruiter/job-options.js';
import { refuseStandardDecorator } from '../enlist/method-target.js';
import { prototypesOf } from '../enlist/prototypes-of.js';

/** Options of `@StealableJob()`. */
export interface StealableJobOptions extends JobOptions {
  /** ID of the job, unique in its recruiter: 1 to 512 characters. @default `ClassName`, or `ClassName.method` */
  id?: string | undefined;
  /** Name of its recruiter. @default the default recruiter */
  recruiter?: string | undefined;
}

/** Type of `@StealableJob()`: allowed on a class with `recruited(slice)`, or on a method of a slice. */
export interface StealableJobDecorator {
  /** Applies to a class with a method `recruited(slice)`. */
  (target: abstract new (...args: never[]) => Job): void;
  /** Applies to a method whose only parameter is the slice, and that returns a result of a slice. */
  <M extends (slice: Slice) => SliceResult | Promise<SliceResult>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void;
  /** For `applyDecorators()`, whose elements have to be assignable to one of the decorator types. */
  (target: object, key: string | symbol): NotAJob;
}

/** Shown by the compiler if the decorator is on anything that cannot be a job. */
export interface NotAJob {
  /** The message. */
  readonly '@StealableJob() goes on a class with recruited(slice), or on a method of (slice: Slice) that returns a SliceResult': never;
}

/** One `@StealableJob()` on a class or a method. */
export interface JobDeclaration {
  /** Its options, unchecked. */
  readonly options: StealableJobOptions;
  /** The method that runs a slice. */
  readonly key: string | symbol;
  /** Whether the decorator is on the class. */
  readonly isOfClass: boolean;
}

const DECLARATIONS = Symbol('nestjs-work-stealing:jobs');

/**
 * Declares a job: a class with a method `recruited(slice)`, or any method of a provider or controller. The module installs
 * it at bootstrap, and reports all problems of all jobs in one error.
 *
 * It may be above or below other decorators, and used several times: each declares a job, with a different ID or recruiter.
 * Subclasses inherit jobs; a method that overrides the method of a job without the decorator is not a job, which is logged.
 *
 * ```ts
 * @StealableJob()                            // an equal share of what the declared rates leave, at most 0.01
 * @StealableJob(0.001)                       // one enlistment in 1,000
 * @StealableJob({ every: 3_600_000 })        // once an hour in the whole fleet
 * ```
 *
 * @param options - all options, or the rate alone: share of enlistments that draw this job, 0 to 1. With 0 no enlistment
 * draws it. @default the default rate
 * @throws WorkStealingConfigError on anything but a class or an instance method.
 */
export function StealableJob(options: number | StealableJobOptions = {}): StealableJobDecorator {
  // Checked at bootstrap, where the module and the other jobs are known.
  const given: StealableJobOptions =
    typeof options === 'object' && options !== null ? { ...options } : { rate: options };
  const decorate = (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const prototype = jobPrototype(target, key, descriptor);
    declare(prototype, { options: given, key: key ?? 'recruited', isOfClass: key === undefined });
  };
  return decorate as StealableJobDecorator;
}

/** A declaration of a class, its own or an inherited one. */
export interface FoundDeclaration {
  readonly declaration: JobDeclaration;
  /** The subclass whose method of the same name overrides it without the decorator. */
  readonly hiddenBy: Function | undefined;
}

/**
 * Returns the declarations of a class: first those on the class, followed by those on its methods, including inherited ones
 * that it has not declared again.
 *
 * Declarations are metadata of prototype and key, not of the method, since decorators of other packages may replace it.
 */
export function jobDeclarationsOf(type: Function): FoundDeclaration[] {
  const found: FoundDeclaration[] = [];
  const seen = new Set<string | symbol>();
  const prototypes = prototypesOf(type);
  for (const prototype of prototypes) {
    const own = declaredOn(prototype).filter((each) => !seen.has(targetOf(each)));
    found.push(
      ...own.map((declaration) => ({ declaration, hiddenBy: hiding(prototypes, prototype, declaration) })),
    );
    for (const each of own) seen.add(targetOf(each));
  }
  return found.sort((a, b) => Number(b.declaration.isOfClass) - Number(a.declaration.isOfClass));
}

/**
 * Returns the subclass that overrides a declared method. One without a name, or with that of its base, does not count: it is
 * the replacement that a class decorator has created.
 */
function hiding(
  prototypes: readonly object[],
  owner: object,
  { key, isOfClass }: JobDeclaration,
): Function | undefined {
  if (isOfClass) return undefined;
  return prototypes
    .slice(0, prototypes.indexOf(owner))
    .filter((prototype) => Object.hasOwn(prototype, key))
    .map(({ constructor }) => constructor)
    .find(({ name }) => name !== '' && name !== owner.constructor.name);
}

const THE_CLASS = Symbol('class');

/** Key of a declaration: one of a subclass replaces an inherited one with the same key. */
function targetOf({ key, isOfClass }: JobDeclaration): string | symbol {
  return isOfClass ? THE_CLASS : key;
}

function declaredOn(prototype: object): readonly JobDeclaration[] {
  return (Reflect.getOwnMetadata(DECLARATIONS, prototype) as JobDeclaration[] | undefined) ?? [];
}

/** Decorators run from the lowest up; the list has them in the order of the source. */
function declare(prototype: object, declaration: JobDeclaration): void {
  const before = declaredOn(prototype);
  const at = before.findIndex((each) => targetOf(each) === targetOf(declaration));
  Reflect.defineMetadata(
    DECLARATIONS,
    before.toSpliced(at < 0 ? before.length : at, 0, declaration),
    prototype,
  );
}

function jobPrototype(target: object, key?: string | symbol, descriptor?: PropertyDescriptor): object {
  refuseStandardDecorator('StealableJob', key);
  if (key === undefined && typeof target === 'function') return target.prototype as object;
  const place = `${typeof target === 'function' ? target.name : target.constructor.name}.${String(key)}`;
  if (typeof target === 'function') {
    throw new WorkStealingConfigError(
      `@StealableJob() on ${place}: a static method has no instance to run on. Put it on an instance method.`,
    );
  }
  if (typeof descriptor?.value !== 'function') {
    throw new WorkStealingConfigError(
      `@StealableJob() on ${place}: not a method. Put it on a class with recruited(slice), or on a method.`,
    );
  }
  return target;
}
