import { Injectable, type InjectionToken, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { WorkStealingConfigError } from '../index.js';
import { describeValue } from '../recruiter/describe-value.js';
import { attachCache, cachesOf } from './cache-slot.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';

/**
 * Gives their cache to instances that Nest has not constructed, and refuses methods whose cache nobody provides: they
 * would never be cached, without a word.
 */
@Injectable()
export class CacheAttacher implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** @throws WorkStealingConfigError that lists every method's class whose cache is missing. */
  onModuleInit(): void {
    const problems = [...this.discovery.getProviders(), ...this.discovery.getControllers()]
      .filter((wrapper) => !wrapper.isAlias)
      .flatMap((wrapper) => this.#attach(wrapper as InstanceWrapper<object>));
    if (problems.length > 0) throw new WorkStealingConfigError(problems.join('; '), problems);
  }

  #attach(wrapper: InstanceWrapper<object>): string[] {
    const { host } = wrapper;
    const isScoped = wrapper.isTransient || !wrapper.isDependencyTreeStatic();
    const instance: unknown = isScoped ? wrapper.metatype?.prototype : wrapper.instance;
    if (typeof instance !== 'object' || instance === null) return [];
    return cachesOf(instance).flatMap((token) => {
      const cache = this.#cacheOf(token);
      if (cache === undefined) {
        const place = `${instance.constructor.name} in ${host?.name ?? 'an unknown module'}`;
        return [`@EarlyRefresh() in ${place}: no module provides its cache, ${describeValue(token)}`];
      }
      if (!isScoped) attachCache(instance, token, cache);
      return [];
    });
  }

  #cacheOf(token: InjectionToken): EarlyRefreshCache | undefined {
    try {
      const found: unknown = this.moduleRef.get(token as string, { strict: false });
      return found instanceof EarlyRefreshCache ? found : undefined;
    } catch {
      return undefined;
    }
  }
}
