import type { DiscoveryService } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { prototypesOf } from '../enlist/prototypes-of.js';
import { tryRead } from '../recruiter/try-read.js';

/** A provider or controller of the application. */
export interface Component {
  readonly wrapper: InstanceWrapper<object>;
  /** The class that has its methods. */
  readonly type: Function;
  /** Its instance; undefined if each request or consumer has a separate one. */
  readonly instance: object | undefined;
  /** Class and module for messages: `Films in FilmsModule`. */
  readonly place: string;
}

/**
 * Returns the providers and controllers of an application that have a class: these may have jobs, enlist or be cached. An
 * alias is not a second component, even one that Nest does not know as such.
 */
export function componentsOf(discovery: DiscoveryService): Component[] {
  return [...discovery.getProviders(), ...discovery.getControllers()]
    .filter((wrapper) => !wrapper.isAlias)
    .flatMap((wrapper) => componentOf(wrapper as InstanceWrapper<object>) ?? [])
    .filter(isFirstOfInstance());
}

/** A factory may return the instance of another provider, and a value may be provided under two tokens. */
function isFirstOfInstance(): (component: Component) => boolean {
  const seen = new Set<object>();
  return ({ instance }) => {
    if (instance === undefined) return true;
    const isFirst = !seen.has(instance);
    seen.add(instance);
    return isFirst;
  };
}

function componentOf(wrapper: InstanceWrapper<object>): Component | undefined {
  const isScoped = wrapper.isTransient || !wrapper.isDependencyTreeStatic();
  const instance: unknown = isScoped ? undefined : wrapper.instance;
  const type = wrapper.isNotMetatype ? classOf(instance) : wrapper.metatype;
  if (typeof type !== 'function' || type === Object) return undefined;
  const place = `${nameOf(type) || 'an anonymous class'} in ${moduleOf(wrapper)}`;
  return { wrapper, type, instance: instance as object | undefined, place };
}

/** Name of the module of a component, for messages. */
export function moduleOf(wrapper: InstanceWrapper<object>): string {
  return wrapper.host?.name ?? 'an unknown module';
}

/** Name of a class; if a class decorator has replaced it by an anonymous one, that of the class below. */
export function nameOf(type: Function): string {
  const classes = [type, ...prototypesOf(type).map(({ constructor }) => constructor)];
  return classes.map((each) => tryRead(() => each.name, '')).find((name) => name !== '') ?? '';
}

/** Class of a value that Nest did not construct. */
function classOf(value: unknown): Function | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const constructor = tryRead(
    () => (Object.getPrototypeOf(value) as { constructor?: unknown }).constructor,
    undefined,
  );
  return typeof constructor === 'function' ? constructor : undefined;
}
