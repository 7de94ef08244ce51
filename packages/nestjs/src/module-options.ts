import type { MeterOptions } from '@kilotoken/core';
import type { FactoryProvider, InjectionToken, ModuleMetadata } from '@nestjs/common';

/**
 * Options of {@link KilotokenModule.forRoot}. Only `meter` is needed.
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
  /** What `createMeter` takes: the store, and whatever else you want. */
  readonly meter: MeterOptions;
  /**
   * The app's client of `openai` 4 to 7. The module meters it and provides that same object. Default: none; then meter
   * clients yourself with `meter.wrap`.
   */
  readonly openai?: object;
  /** How long the meter may drain when the app shuts down, in milliseconds. Default 5000. */
  readonly closeTimeoutMs?: number;
  /**
   * Called when the app shuts down and the meter has drained: the place to close the store, and the database under it.
   * Default: nothing, both stay open.
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
  /** Makes the options, from what is injected. */
  readonly useFactory: (
    // What is injected has the types the app says it has, as in every factory of Nest.
    // oxlint-disable-next-line typescript/no-explicit-any
    ...injected: any[]
  ) => KilotokenModuleOptions | Promise<KilotokenModuleOptions>;
  /** What `useFactory` gets, in this order. Default: nothing. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  /** Token under which the metered client is provided. Default: {@link OPENAI_CLIENT}. */
  readonly openaiToken?: InjectionToken;
}
