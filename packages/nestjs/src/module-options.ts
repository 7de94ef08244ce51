import type { MeterOptions } from '@kilotoken/core';
import type { FactoryProvider, InjectionToken, ModuleMetadata } from '@nestjs/common';

/**
 * Options of {@link KilotokenModule.forRoot}. Only `meter` is required.
 *
 * @example
 * ```ts
 * const options: KilotokenModuleOptions = {
 *   meter: { store, journal: { path: 'usage-journal' } },
 *   openai: new OpenAI(),
 *   onClosed: () => store.close(),
 * };
 * ```
 */
export interface KilotokenModuleOptions {
  /** Options of `createMeter`: the store, and any others. */
  readonly meter: MeterOptions;
  /**
   * The app's client of `openai` 4 to 7. The module meters it and provides the same object. Default: none; meter clients yourself with
   * `meter.wrap`.
   */
  readonly openai?: object;
  /** How long the meter may drain when the app shuts down, in milliseconds. Default 5000. */
  readonly closeTimeoutMs?: number;
  /**
   * Called at shutdown when the meter has drained. Close the store and its database here. Default: none; both stay open.
   *
   * @param left - Records that are still not stored.
   */
  readonly onClosed?: (left: number) => unknown;
}

/**
 * Options of {@link KilotokenModule.forRootAsync}.
 *
 * @example
 * ```ts
 * const options: KilotokenAsyncOptions = {
 *   inject: [ConfigService],
 *   useFactory: (config: ConfigService) => ({
 *     meter: { store: sqliteStore({ path: config.getOrThrow('USAGE_DB') }) },
 *     openai: new OpenAI({ apiKey: config.getOrThrow('OPENAI_API_KEY') }),
 *   }),
 * };
 * ```
 */
export interface KilotokenAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Creates the options from the injected providers. */
  readonly useFactory: (
    // What is injected has the types the app says it has, as in every factory of Nest.
    // oxlint-disable-next-line typescript/no-explicit-any
    ...injected: any[]
  ) => KilotokenModuleOptions | Promise<KilotokenModuleOptions>;
  /** The providers to pass to `useFactory`, in this order. Default: none. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  /** Token under which the metered client is provided. Default: {@link OPENAI_CLIENT}. */
  readonly openaiToken?: InjectionToken;
}
