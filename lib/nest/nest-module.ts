import {
  ConfigurableModuleBuilder,
  Inject,
  type ConfigurableModuleAsyncOptions,
  type ConfigurableModuleCls,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { describeValue } from '../options/describe-value.js';
import { WorkStealingConfigError } from '../options/errors.js';
import { requestScopePath } from './request-scope.js';

/** How a module differs from the others. */
interface Kind {
  /** Where it is to be imported, for the reader of an error. @default instead */
  readonly where?: string;
  /** Whether it may be imported as a bare class, with its defaults. @default false */
  readonly mayBeBare?: boolean;
}

/** The base of a module, and the token of its options. */
interface NestModule<Options, Name extends string> {
  /** Its statics; `Omit` takes the constructor without arguments away. */
  readonly Base: (new (modules: ModulesContainer) => OnModuleInit) &
    Omit<ConfigurableModuleCls<Options, 'forRoot', `create${Name}Options`>, never>;
  readonly token: string | symbol;
}

/**
 * The one recipe of this package for a module with options: `forRoot`, `forRootAsync`, the token of the options, and
 * what is refused because it would do nothing without a word: the bare class, no source of options, and options that
 * depend on a request, by which all that the module provides would be made for each request.
 *
 * @param name - of the module's class without `Module`.
 */
export function nestModule<Options, Name extends string>(
  name: Name,
  { where = 'instead', mayBeBare = false }: Kind = {},
): NestModule<Options, Name> {
  const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN: token } = new ConfigurableModuleBuilder<Options>({
    moduleName: name,
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName(`create${name}Options`)
    .build();
  const module = `${name}Module`;

  class Base extends ConfigurableModuleClass implements OnModuleInit {
    constructor(private readonly modules: ModulesContainer) {
      super();
      if (!mayBeBare && ![...modules.values()].some(({ providers }) => providers.has(token))) {
        throw new WorkStealingConfigError(
          `${module} is imported without options: import ${module}.forRoot() ${where}.`,
        );
      }
    }

    static override forRootAsync(options: ConfigurableModuleAsyncOptions<Options, `create${Name}Options`>) {
      refuseWithoutSource(module, options);
      return super.forRootAsync(options);
    }

    onModuleInit(): void {
      refuseRequestScoped(module, this.modules, token);
    }
  }
  Inject(ModulesContainer)(Base, undefined, 0);
  return { Base, token };
}

/**
 * Nest would complain of a dependency that nobody has written.
 *
 * @throws WorkStealingConfigError when the options of `forRootAsync()` name no source.
 */
function refuseWithoutSource(module: string, options: unknown): void {
  const { useFactory, useClass, useExisting } = Object(options) as Record<string, unknown>;
  if (useFactory ? typeof useFactory === 'function' : (useClass ?? useExisting)) return;
  throw new WorkStealingConfigError(
    `${module}.forRootAsync(): options are ${describeValue(options)}; expected one of useFactory, useClass and useExisting`,
  );
}

/** @throws WorkStealingConfigError when options would be made for each request, with the providers that are to blame. */
export function refuseRequestScoped(module: string, modules: ModulesContainer, token: string | symbol): void {
  for (const { providers } of modules.values()) {
    const wrapper = providers.get(token);
    const path = wrapper && requestScopePath(wrapper);
    if (path === undefined) continue;
    throw new WorkStealingConfigError(
      `${module}.forRootAsync(): its options depend on what is request-scoped: ${path}. They are needed once, before ` +
        'there is a request. Take them from providers that do not depend on one.',
    );
  }
}
