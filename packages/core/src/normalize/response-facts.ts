import { isJsonObject } from '../json-object.ts';
import type { JsonObject } from '../json-object.ts';

/** What one payload says of the answer it belongs to. */
export interface ResponseFacts {
  /** The answer is generated; what follows is bookkeeping. */
  readonly finished: boolean;
  /** The answer carries an error of its own. */
  readonly errored: boolean;
  readonly responseId: string | undefined;
  readonly responseModel: string | undefined;
  readonly serviceTier: string | undefined;
}

/** Ends of a Responses, an image, a transcription and a speech stream. */
const finalTypes = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'image_generation.completed',
  'image_edit.completed',
  'transcript.text.done',
  'speech.audio.done',
]);

export function readResponseFacts(payload: unknown): ResponseFacts {
  if (!isJsonObject(payload)) return nothing;
  // The events of the Responses API wrap the answer; everywhere else the payload is the answer.
  const answer = isJsonObject(payload['response']) ? payload['response'] : payload;
  const type = payload['type'];
  return {
    finished: (typeof type === 'string' && finalTypes.has(type)) || hasFinishReason(payload),
    errored:
      // Some send an empty text with every chunk; the SDK takes it for none either.
      Boolean(payload['error']) ||
      Boolean(answer['error']) ||
      type === 'error' ||
      answer['status'] === 'failed' ||
      hasFinishReason(payload, 'error'),
    responseId: textOf(answer['id']),
    responseModel: textOf(answer['model']),
    // Anthropic names it in the usage.
    serviceTier: textOf(answer['service_tier']) ?? tierIn(answer['usage']),
  };
}

const nothing: ResponseFacts = {
  finished: false,
  errored: false,
  responseId: undefined,
  responseModel: undefined,
  serviceTier: undefined,
};

/** Whether any choice names a reason, or this one. */
function hasFinishReason({ choices }: JsonObject, wanted?: string): boolean {
  if (!Array.isArray(choices)) return false;
  for (const choice of choices as unknown[]) {
    const reason = isJsonObject(choice) ? choice['finish_reason'] : undefined;
    // Some send "" on every chunk.
    if (wanted === undefined ? typeof reason === 'string' && reason !== '' : reason === wanted) return true;
  }
  return false;
}

function tierIn(usage: unknown): string | undefined {
  return isJsonObject(usage) ? textOf(usage['service_tier']) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
