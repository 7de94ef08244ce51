import { Inject, type InjectionToken } from '@nestjs/common';
import { OPENAI_CLIENT } from './provider-tokens.ts';

/**
 * Injects the metered client.
 *
 * @param token - The `openaiToken` of the module. Default: {@link OPENAI_CLIENT}.
 *
 * @example
 * ```ts
 * constructor(@InjectOpenAI() private readonly openai: OpenAI) {}
 * ```
 */
export function InjectOpenAI(token: InjectionToken = OPENAI_CLIENT): ParameterDecorator & PropertyDecorator {
  return Inject(token);
}
