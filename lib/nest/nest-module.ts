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

/** Variations of {@link nestModule}. */
interface Kind {
  /** Where to import the module, for the error message. @default instead */
  readonly where?: string;
  /** Whether the class itself may be imported, with the default options. @default false */
  readonly mayBeBare?: boolean;
}

/** Base class of a module, and the token of its options. */
interface NestModule<Options, Name extends string> {
  /** `Omit` removes the constructor without arguments. */
  readonly Base: (new (modules: ModulesContainer) => OnModuleInit) &
    Omit<ConfigurableModuleCls<Options, 'forRoot', `create${Name}Options`>, never>;
  readonly token: string | symbol;
}

/**
 * Creates the base class of a module with options: `forRoot`, `forRootAsync`, and the token of the options. It rejects
 * mistakes that would fail silently: an import of the class itself, `forRootAsync` without a source of options, and
 * request-scoped options, with which Nest would create all providers of the module for each request.
 *
 * @param name - name of the module's class without `Module`.
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
 * Without this check, Nest would report a dependency that the application does not have.
 *
 * @throws WorkStealingConfigError if the options of `forRootAsync()` have no source.
 */
function refuseWithoutSource(module: string, options: unknown): void {
  const { useFactory, useClass, useExisting } = Object(options) as Record<string, unknown>;
  if (useFactory ? typeof useFactory === 'function' : (useClass ?? useExisting)) return;
  throw new WorkStealingConfigError(
    `${module}.forRootAsync(): options are ${describeValue(options)}; expected one of useFactory, useClass and useExisting`,
  );
}

/** @throws WorkStealingConfigError if the options are request-scoped, with the dependencies that make them so. */
export function refuseRequestScoped(module: string, modules: ModulesContainer, token: string | symbol): void {
  for (const { providers } of modules.values()) {
    const wrapper = providers.get(token);
    const path = wrapper && requestScopePath(wrapper);
    if (path === undefined) continue;
    throw new WorkStealingConfigError(
      `${module}.forRootAsync(): its options depend on a request-scoped provider: ${path}. They are needed once, before ` +
        'there is a request. Take them from providers that do not depend on one.',
    );
  }
}
