import { chatAnswer } from './chat-answer.ts';
import { errorAnswer } from './error-answer.ts';
import { jsonAnswer } from './json-answer.ts';
import type { ProviderAnswer } from '../provider-answer.ts';
import type { ProviderRequest } from '../provider-request.ts';
import { responsesAnswer } from './responses-answer.ts';
import { runAnswer } from './run-answer.ts';
import { countInputTokens } from './word-tokens.ts';

/** What the provider answers where the test says nothing, by method and end of the path. */
export function defaultAnswer(request: ProviderRequest, models: readonly string[]): ProviderAnswer {
  const route = `${request.method} ${request.path.replace(/\/$/, '')}`;
  const model = /^GET .*\/models\/(?<id>.+)$/.exec(route)?.groups?.['id'];
  if (model !== undefined) return modelAnswer(decodeURIComponent(model), models);
  if (/^GET .*\/models$/.test(route)) return jsonAnswer({ body: { object: 'list', data: models.map(modelObject) } });
  if (/^GET .*\/files$/.test(route)) return jsonAnswer({ body: { object: 'list', data: [], has_more: false } });
  if (/^POST .*\/threads\/(?:[^/]+\/)?runs$/.test(route)) return run;
  const answer = postAnswers.find(([suffix]) => request.method === 'POST' && route.endsWith(suffix))?.[1];
  if (answer === undefined) {
    return errorAnswer({ status: 404, message: `Invalid URL (${request.method} ${request.path})` });
  }
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  if (isJson && request.body === undefined) {
    return errorAnswer({ status: 400, message: 'We could not parse the JSON body of your request.' });
  }
  return answer;
}

const chat = chatAnswer();

const run = runAnswer();

const embeddings: ProviderAnswer = {
  render(request, context) {
    const body = request.body ?? {};
    const tokens = countInputTokens(body);
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    const data = inputsOf(body['input']).map((_input, index) => ({
      object: 'embedding',
      index,
      embedding: vector(index, body['dimensions'], body['encoding_format'] === 'base64'),
    }));
    return jsonAnswer({ body: { object: 'list', data, model: body['model'] ?? 'fake-model' }, usage }).render(
      request,
      context,
    );
  },
};

const moderation = jsonAnswer({
  body: (request) => ({
    id: `modr-${request.sequence}`,
    model: request.body?.['model'] ?? 'omni-moderation-latest',
    results: inputsOf(request.body?.['input']).map(() => ({
      flagged: false,
      categories: { harassment: false, hate: false, 'self-harm': false, sexual: false, violence: false },
      category_scores: { harassment: 0.001, hate: 0.001, 'self-harm': 0.001, sexual: 0.001, violence: 0.001 },
    })),
  }),
});

const speech: ProviderAnswer = {
  render: () => ({
    status: 200,
    headers: { 'content-type': 'audio/mpeg' },
    // One silent MPEG frame's header and its empty rest: binary, with bytes that are no UTF-8.
    events: [{ bytes: Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0xc4]), Buffer.alloc(413)]) }],
  }),
};

const transcription = jsonAnswer({
  body: { text: 'Hello from the fake provider.' },
  usage: {
    type: 'tokens',
    input_tokens: 14,
    input_token_details: { text_tokens: 0, audio_tokens: 14 },
    output_tokens: 5,
    total_tokens: 19,
  },
});

const translation = jsonAnswer({ body: { text: 'Hello from the fake provider.' } });

const image: ProviderAnswer = {
  render(request, context) {
    const words = countInputTokens(request.body ?? {});
    const usage = {
      input_tokens: words,
      input_tokens_details: { text_tokens: words, image_tokens: 0 },
      output_tokens: 272,
      total_tokens: words + 272,
    };
    const body = { created: context.createdSeconds, data: [{ b64_json: 'iVBORw0KGgo=' }] };
    return jsonAnswer({ body, usage }).render(request, context);
  },
};

// "/completions" is the end of "/chat/completions", too; `chatAnswer` tells them apart.
const postAnswers: readonly (readonly [suffix: string, answer: ProviderAnswer])[] = [
  ['/completions', chat],
  ['/responses', responsesAnswer()],
  ['/embeddings', embeddings],
  ['/moderations', moderation],
  ['/audio/speech', speech],
  ['/audio/transcriptions', transcription],
  ['/audio/translations', translation],
  ['/images/generations', image],
  ['/images/edits', image],
];

function modelAnswer(id: string, models: readonly string[]): ProviderAnswer {
  if (models.includes(id)) return jsonAnswer({ body: modelObject(id) });
  return errorAnswer({
    status: 404,
    message: `The model '${id}' does not exist`,
    code: 'model_not_found',
    param: 'model',
  });
}

function modelObject(id: string): Readonly<Record<string, unknown>> {
  return { id, object: 'model', created: 1_700_000_000, owned_by: 'fake' };
}

/** One text, one list of token numbers, or a list of either. */
function inputsOf(input: unknown): readonly unknown[] {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
}

function vector(index: number, dimensions: unknown, isBase64: boolean): readonly number[] | string {
  const length = typeof dimensions === 'number' ? dimensions : 8;
  const numbers = Float32Array.from({ length }, (_, position) => ((index + position) % 8) / 8);
  return isBase64 ? Buffer.from(numbers.buffer).toString('base64') : Array.from(numbers);
}
