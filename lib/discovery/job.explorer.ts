import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { stealableJobOf, type StealableJobOptions } from '../decorators/stealable-job.decorator.js';
import type { Job, Slice, SliceResult } from '../recruiter/job.js';
import type { DeclaredJob } from './declared-job.js';
import { methodsOf } from './methods-of.js';
import { ScopedJob } from './scoped-job.js';

/** A provider or controller of the application. */
export interface Component {
  readonly wrapper: InstanceWrapper<object>;
  /** The class that its methods come from. */
  readonly type: Function;
  /** Its one instance; undefined where each request or consumer has its own. */
  readonly instance: object | undefined;
  /** Where it is, for a reader: `Films in FilmsModule`. */
  readonly place: string;
}

/** Finds what may have jobs or enlist in an application; checks nothing and installs nothing. */
@Injectable()
export class JobExplorer {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Providers and controllers that have a class; an alias is no second component, whether Nest knows of it or not. */
  components(): Component[] {
    return [...this.discovery.getProviders(), ...this.discovery.getControllers()]
      .filter((wrapper) => !wrapper.isAlias)
      .flatMap((wrapper) => componentOf(wrapper as InstanceWrapper<object>) ?? [])
      .filter(isFirstOfInstance());
  }
}

/** A factory may hand out what another provider has made, and a value be provided under two tokens. */
function isFirstOfInstance(): (component: Component) => boolean {
  const seen = new Set<object>();
  return ({ instance }) => {
    if (instance === undefined) return true;
    const isFirst = !seen.has(instance);
    seen.add(instance);
    return isFirst;
  };
}

/** Every job of these components: decorated class first, then decorated methods, component by component. */
export function jobsOf(components: readonly Component[]): DeclaredJob[] {
  const jobs: DeclaredJob[] = [];
  for (const component of components) {
    const { type, place, wrapper } = component;
    const options = stealableJobOf(type);
    if (options !== undefined) jobs.push(declare(component, options, type.name, 'recruited', place));
    for (const method of methodsOf(type)) {
      const declared = stealableJobOf(method[1]);
      if (declared === undefined) continue;
      const id = `${type.name}.${String(method[0])}`;
      jobs.push(declare(component, declared, id, method[0], `${id}() in ${moduleOf(wrapper)}`));
    }
  }
  return jobs;
}

function componentOf(wrapper: InstanceWrapper<object>): Component | undefined {
  const isScoped = wrapper.isTransient || !wrapper.isDependencyTreeStatic();
  const instance: unknown = isScoped ? undefined : wrapper.instance;
  const type = wrapper.isNotMetatype ? classOf(instance) : wrapper.metatype;
  if (typeof type !== 'function' || type === Object) return undefined;
  const place = `${type.name || 'an anonymous class'} in ${moduleOf(wrapper)}`;
  return { wrapper, type, instance: instance as object | undefined, place };
}

function moduleOf(wrapper: InstanceWrapper<object>): string {
  return wrapper.host?.name ?? 'an unknown module';
}

/** The class of a value that Nest did not construct. Values may be anything, proxies that throw included. */
function classOf(value: unknown): Function | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    const { constructor } = Object.getPrototypeOf(value) as { constructor?: unknown };
    return typeof constructor === 'function' ? constructor : undefined;
  } catch {
    return undefined;
  }
}

function declare(
  { wrapper, instance }: Component,
  options: StealableJobOptions,
  defaultId: string,
  method: string | symbol,
  place: string,
): DeclaredJob {
  const job: Job =
    instance === undefined
      ? new ScopedJob(wrapper, method)
      : method === 'recruited'
        ? (instance as Job)
        : {
            recruited: (slice) =>
              (instance as Record<string | symbol, (slice: Slice) => SliceResult>)[method]!(slice),
          };
  const { id = defaultId } = options;
  return { id, options, job, place };
}
