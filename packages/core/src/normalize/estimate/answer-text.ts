import { isJsonObject } from '../../json-object.ts';

/**
 * The generated text in one stream event: content, reasoning, refusal and tool arguments of chat chunks, `text` of
 * completions, `delta` of Responses events, message deltas of assistants runs.
 *
 * Only measured for an estimate and never kept.
 */
export function answerTextOf(payload: unknown): string {
  if (!isJsonObject(payload)) return '';
  if (typeof payload['delta'] === 'string') return payload['delta'];
  if (isJsonObject(payload['delta'])) return messageText(payload['delta']['content']);
  const { choices } = payload;
  if (!Array.isArray(choices)) return '';
  let text = '';
  for (const choice of choices as unknown[]) {
    if (!isJsonObject(choice)) continue;
    if (typeof choice['text'] === 'string') text += choice['text'];
    if (isJsonObject(choice['delta'])) text += deltaText(choice['delta']);
  }
  return text;
}

function deltaText(delta: Record<string, unknown>): string {
  let text = '';
  for (const name of ['content', 'reasoning_content', 'reasoning', 'refusal'] as const) {
    if (typeof delta[name] === 'string') text += delta[name];
  }
  if (!Array.isArray(delta['tool_calls'])) return text;
  for (const call of delta['tool_calls'] as unknown[]) {
    if (!isJsonObject(call) || !isJsonObject(call['function'])) continue;
    for (const part of ['name', 'arguments'] as const) {
      if (typeof call['function'][part] === 'string') text += call['function'][part];
    }
  }
  return text;
}

function messageText(content: unknown): string {
  if (!Array.isArray(content)) return '';
  let text = '';
  for (const part of content as unknown[]) {
    if (isJsonObject(part) && isJsonObject(part['text']) && typeof part['text']['value'] === 'string')
      text += part['text']['value'];
  }
  return text;
}
