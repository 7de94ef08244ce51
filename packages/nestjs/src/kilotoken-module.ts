import { createMeter, MeterError, type Meter } from '@kilotoken/core';
import type { DynamicModule, InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { checkOptions } from './check-options.ts';
import { clientConsumers } from './client-consumers.ts';
import { createDrain } from './create-drain.ts';
import type { Drain } from './create-drain.ts';
import { earlyDrains } from './early-drain.ts';
import type { KilotokenAsyncOptions, KilotokenModuleOptions } from './module-options.ts';
import { KILOTOKEN_METER, OPENAI_CLIENT } from './provider-tokens.ts';

const optionsToken = Symbol('kilotoken.nestjs.options');
const shutdownToken = Symbol('kilotoken.nestjs.shutdown');

/**
 * Provides the meter and the app's metered client to every module of the app, and drains the meter at shutdown. Import it once, in the
 * root module. A module that imports one of its own has its own meter and client.
 *
 * Call `app.enableShutdownHooks()`, or signals do not reach the app.
 *
 * @example
 * ```ts
 * KilotokenModule.forRoot({ meter: { store }, openai: new OpenAI() });
 * ```
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest knows a module by its class
export class KilotokenModule {
  /**
   * Creates the module with options that are known when it is declared.
   *
   * @param options - See {@link KilotokenModuleOptions}. `openaiToken` is the token of the client; default:
   * {@link OPENAI_CLIENT}.
   * @returns A global module.
   * @throws MeterError `invalid_options` when the app starts, if an option is wrong (the message names it), or if something injects the
   * client and there is no `openai`.
   *
   * @example
   * ```ts
   * @Module({ imports: [KilotokenModule.forRoot({ meter: { store: sqliteStore({ path: 'usage.db' }) }, openai: new OpenAI() })] })
   * export class AppModule {}
   * ```
   */
  static forRoot(options: KilotokenModuleOptions & Pick<KilotokenAsyncOptions, 'openaiToken'>): DynamicModule {
    // Apps without types may pass nothing; the start of the app says so.
    const { openaiToken, ...rest } = options ?? {};
    const given = options === undefined ? options : rest;
    return dynamicModule({ useFactory: () => given, ...(openaiToken === undefined ? {} : { openaiToken }) });
  }

  /**
   * Creates the module with options that need other providers, such as a configuration or a database connection.
   *
   * @returns A global module.
   * @throws MeterError `invalid_options` when the app starts, if an option is wrong (the message names it), or if something injects the
   * client and there is no `openai`.
   *
   * @example
   * ```ts
   * KilotokenModule.forRootAsync({
   *   imports: [DatabaseModule],
   *   inject: [Db],
   *   useFactory: (db: Db) => ({ meter: { store: mongoStore({ db }) }, openai: new OpenAI() }),
   * });
   * ```
   */
  static forRootAsync(options: KilotokenAsyncOptions): DynamicModule {
    return dynamicModule(options);
  }
}

// Outside of the class: one that names itself in its body is renamed by the bundler, and Nest's log shows the name.
function dynamicModule(options: KilotokenAsyncOptions): DynamicModule {
  const { useFactory, inject = [], imports = [], openaiToken = OPENAI_CLIENT } = options;
  // Of this module alone, also by its text: Nest 10 takes two modules for one whose parts read the same.
  const drainToken = Symbol(`kilotoken.nestjs.drain.${globalThis.crypto.randomUUID()}`);
  return {
    module: KilotokenModule,
    global: true,
    imports: [...imports, ...earlyDrains(drainToken)],
    providers: [
      {
        provide: optionsToken,
        useFactory: async (...injected: unknown[]) => checkOptions(await useFactory(...injected)),
        inject,
      },
      {
        provide: KILOTOKEN_METER,
        useFactory: ({ meter }: KilotokenModuleOptions) => createMeter(meter),
        inject: [optionsToken],
      },
      {
        provide: openaiToken,
        useFactory: (meter: Meter, { openai }: KilotokenModuleOptions, modules: ModulesContainer) =>
          openai ? meter.wrap(openai) : noClient(modules, openaiToken),
        inject: [KILOTOKEN_METER, optionsToken, ModulesContainer],
      },
      { provide: drainToken, useFactory: createDrain, inject: [KILOTOKEN_METER, optionsToken] },
      {
        provide: shutdownToken,
        useFactory: (drain: Drain) => ({ onApplicationShutdown: drain.close }),
        inject: [drainToken],
      },
    ],
    exports: [KILOTOKEN_METER, openaiToken, drainToken],
  };
}

/** Nothing, where nobody asks for it: apps may meter their clients themselves. */
function noClient(modules: ModulesContainer, token: InjectionToken): undefined {
  const [consumer] = clientConsumers(modules, KilotokenModule, token);
  if (consumer === undefined) return undefined;
  throw new MeterError(
    'invalid_options',
    `KilotokenModule: option "openai" is missing, but ${consumer} injects the client`,
  );
}
