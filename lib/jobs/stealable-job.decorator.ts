import 'reflect-metadata';
import { WorkStealingConfigError } from '../options/errors.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';
import type { JobOptions } from '../recruiter/job-options.js';
import { refuseStandardDecorator } from '../enlist/method-target.js';
import { prototypesOf } from '../enlist/prototypes-of.js';

/** How a job that is found by its decorator takes part. */
export interface StealableJobOptions extends JobOptions {
  /** The job's name in its recruiter: 1 to 512 characters. Default: `ClassName`, or `ClassName.method`. */
  id?: string | undefined;
  /** The named recruiter that it belongs to. Default: the default recruiter. */
  recruiter?: string | undefined;
}

/** What `@StealableJob()` may be put on; anything else does not compile. */
export interface StealableJobDecorator {
  /** A class with a method `recruited(slice)`. */
  (target: abstract new (...args: never[]) => Job): void;
  /** A method that needs nothing but the slice, and returns what a slice may. */
  <M extends (slice: Slice) => SliceResult | Promise<SliceResult>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void;
  /** For `applyDecorators()`, whose elements have to be assignable to one of the decorator types. */
  (target: object, key: string | symbol): NotAJob;
}

/** Shown by the compiler where the decorator stands on what cannot be a job. */
export interface NotAJob {
  /** The message. */
  readonly '@StealableJob() goes on a class with recruited(slice), or on a method of (slice: Slice) that returns a SliceResult': never;
}

/** One `@StealableJob()` as it stands on a class or a method. */
export interface JobDeclaration {
  /** As they were given, unchecked. */
  readonly options: StealableJobOptions;
  /** The method that does a slice. */
  readonly key: string | symbol;
  /** Whether it stands on the class. */
  readonly isOfClass: boolean;
}

const DECLARATIONS = Symbol('nestjs-work-stealing:jobs');

/**
 * Makes a class with a method `recruited(slice)`, or any method of a provider or controller, a job. The module finds
 * it at bootstrap and installs it; whatever is wrong with it stops the bootstrap, with all other problems at once.
 *
 * It may stand above or below other decorators, and more than once: each is a job, with an id or a recruiter of its
 * own. Subclasses inherit jobs; a method that overrides a job's without the decorator is no job, and the log warns of it.
 *
 * ```ts
 * @StealableJob()                            // an equal share of what the declared rates leave, 0.01 at most
 * @StealableJob(0.001)                       // one enlistment in 1,000
 * @StealableJob({ every: 3_600_000 })        // once an hour in the whole fleet
 * ```
 *
 * @param options - all its options, or its rate alone: the share of enlistments that carry a slice of this job, 0 to 1. 0
 * declares it without ever running it by itself. Default: the default rate.
 * @throws WorkStealingConfigError when put on something that is neither a class nor an instance's method.
 */
export function StealableJob(options: number | StealableJobOptions = {}): StealableJobDecorator {
  // Kept as it was given: what is wrong with it is said at bootstrap, where the module and the other jobs are known.
  const given: StealableJobOptions =
    typeof options === 'object' && options !== null ? { ...options } : { rate: options };
  const decorate = (target: object, key?: string | symbol, descriptor?: PropertyDescriptor): void => {
    const prototype = jobPrototype(target, key, descriptor);
    declare(prototype, { options: given, key: key ?? 'recruited', isOfClass: key === undefined });
  };
  return decorate as StealableJobDecorator;
}

/** What a class declares or inherits. */
export interface FoundDeclaration {
  readonly declaration: JobDeclaration;
  /** The subclass whose method of that name hides the declared one, without being declared itself. */
  readonly hiddenBy: Function | undefined;
}

/**
 * What a class declares: on itself first, then on its methods, with what it inherits and has not declared again.
 *
 * Declarations are kept by prototype and key, beside the method: decorators of other packages put functions of their
 * own in its place, which know nothing of what stood on it.
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
 * A subclass that has no name, or that of its base, is what a class decorator has put in the class's place: what it
 * does to a method belongs to the method.
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

/** A declaration of a subclass takes the place of an inherited one on the same target. */
function targetOf({ key, isOfClass }: JobDeclaration): string | symbol {
  return isOfClass ? THE_CLASS : key;
}

function declaredOn(prototype: object): readonly JobDeclaration[] {
  return (Reflect.getOwnMetadata(DECLARATIONS, prototype) as JobDeclaration[] | undefined) ?? [];
}

/** Decorators run from the lowest up; the list has them as they are read. */
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
