import { renderError } from './error-answer.ts';
import type { WireAnswer } from '../provider-answer.ts';
import type { ProviderRequest } from '../provider-request.ts';

/**
 * How a provider refuses `stream_options`: `'named'` (or true) with a 400 that names the parameter as OpenAI does,
 * `'named-422'` as Mistral does, `'unnamed'` with a 400 that tells nothing.
 */
export type StreamOptionsRefusal = boolean | 'named' | 'named-422' | 'unnamed';

/** The refusal of a request that carries `stream_options`; `undefined` for any other request. */
export function refuseStreamOptions(
  request: ProviderRequest,
  refusal: StreamOptionsRefusal | undefined,
): WireAnswer | undefined {
  const streamOptions = request.body?.['stream_options'];
  if (refusal === undefined || refusal === false || streamOptions === undefined) return undefined;
  if (refusal === 'unnamed') return renderError({ status: 400, message: 'Param Incorrect' });
  if (refusal !== 'named-422') {
    return renderError({ status: 400, message: 'Unrecognized request argument supplied: stream_options' });
  }
  // Shape: openai/openai-agents-python issue 442 (Mistral's validation of unknown members).
  const detail = [
    {
      type: 'extra_forbidden',
      loc: ['body', 'stream_options'],
      msg: 'Extra inputs are not permitted',
      input: streamOptions,
    },
  ];
  const body = { object: 'error', message: { detail }, type: 'invalid_request_error', param: null, code: null };
  return { status: 422, headers: { 'content-type': 'application/json' }, events: [{ bytes: JSON.stringify(body) }] };
}

/** OpenAI's own rule: `stream_options` only in streams. Keeps a client honest that injects it elsewhere. */
export function refuseMisplacedStreamOptions(request: ProviderRequest): WireAnswer | undefined {
  const { body } = request;
  if ((body?.['stream_options'] ?? null) === null || body?.['stream'] === true) return undefined;
  return renderError({
    status: 400,
    message: "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    param: 'stream_options',
  });
}
