/**
 * Under this token {@link KilotokenModule} provides the meter.
 *
 * The same symbol in every copy of this package: an app can have loaded it as ES module and as CommonJS.
 *
 * @example
 * ```ts
 * const meter = app.get<Meter>(KILOTOKEN_METER);
 * ```
 */
export const KILOTOKEN_METER: unique symbol = Symbol.for('kilotoken.nestjs.meter');

/**
 * Under this token {@link KilotokenModule} provides the app's metered client, where no `openaiToken` says otherwise.
 *
 * @example
 * ```ts
 * const openai = app.get<OpenAI>(OPENAI_CLIENT);
 * ```
 */
export const OPENAI_CLIENT: unique symbol = Symbol.for('kilotoken.nestjs.openai');
