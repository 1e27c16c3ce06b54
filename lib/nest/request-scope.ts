import { Scope } from '@nestjs/common';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';

/**
 * Returns why a provider is request-scoped: the names of its dependencies down to the one that is request-scoped itself, as
 * `Settings → RequestLogger → REQUEST`; undefined if it is created once.
 */
export function requestScopePath(wrapper: InstanceWrapper): string | undefined {
  if (wrapper.isDependencyTreeStatic()) return undefined;
  const path: string[] = [];
  const seen = new Set<InstanceWrapper>();
  let at: InstanceWrapper | undefined = wrapper;
  while (at !== undefined && at.scope !== Scope.REQUEST && !seen.has(at)) {
    seen.add(at);
    at = dependenciesOf(at).find((each) => !each.isDependencyTreeStatic());
    if (at !== undefined) path.push(String(at.name));
  }
  return path.join(' → ');
}

function dependenciesOf(wrapper: InstanceWrapper): InstanceWrapper[] {
  const properties = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
  return [...(wrapper.getCtorMetadata() ?? []), ...properties].filter((each) => each !== undefined);
}
