import { Injectable, type InjectionToken, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { tryRead } from '../recruiter/try-read.js';
import { componentsOf, type Component } from '../jobs/components.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { Log } from '../logging/log.js';
import { describeValue } from '../options/describe-value.js';
import { CACHE_SLOTS } from './cache-slots.js';
import { EarlyRefreshCache } from './early-refresh-cache.js';

/**
 * Attaches caches to instances that Nest has not constructed, and stops the bootstrap for methods whose cache is not
 * provided, which would silently never be cached.
 */
@Injectable()
export class CacheAttacher implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** @throws WorkStealingConfigError that lists every class with a method whose cache is missing. */
  onModuleInit(): void {
    const problems = componentsOf(this.discovery).flatMap((component) => this.#attach(component));
    if (problems.length > 0) throw new WorkStealingConfigError(problems.join('; '), problems);
  }

  #attach({ type, instance, place }: Component): string[] {
    const tokens = tryRead(() => CACHE_SLOTS.keysOf(type.prototype as object), []);
    return tokens.flatMap((token) => {
      const injected = this.#injected(token);
      const cache = EarlyRefreshCache.from(injected);
      if (cache !== undefined) {
        if (instance !== undefined) tryRead(() => CACHE_SLOTS.fill(instance, token, cache), undefined);
        return [];
      }
      const where = `@EarlyRefresh() in ${place}`;
      if (injected === undefined) return [`${where}: no module provides its cache, ${describeValue(token)}`];
      new Log('WorkStealing').warn(
        `${where} caches nothing: what is provided as ${describeValue(token)} is ${describeValue(injected)}, not an EarlyRefreshCache.`,
      );
      return [];
    });
  }

  /** The provider that is injected as a cache, which a test may have overridden with any value. */
  #injected(token: InjectionToken): unknown {
    return tryRead(() => this.moduleRef.get<unknown>(token as string, { strict: false }), undefined);
  }
}
