import { isJsonObject } from '../../json-object.ts';

/** Cuts a text into the tokens of the fake provider: one per word, the space before it included. */
export function splitIntoTokens(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** Input tokens of a request body: one per word of everything that reads as input. */
export function countInputTokens(body: Readonly<Record<string, unknown>>): number {
  const inputs = [body['instructions'], body['messages'] ?? body['prompt'] ?? body['input']];
  return inputs.reduce<number>((sum, input) => sum + splitIntoTokens(textOf(input).trim()).length, 0);
}

/** The text of the last user message, or of the whole input where there are no messages. */
export function lastUserText(body: Readonly<Record<string, unknown>>): string {
  const input = body['messages'] ?? body['prompt'] ?? body['input'];
  if (!Array.isArray(input)) return textOf(input).trim();
  const last = input.findLast((message: unknown) => isJsonObject(message) && message['role'] === 'user');
  return textOf(last ?? input).trim();
}

/** All text inside a message, a list of parts or a list of token numbers, joined by spaces. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(textOf).join(' ');
  if (!isJsonObject(value)) return '';
  return textOf(value['text'] ?? value['content'] ?? value['output']);
}
