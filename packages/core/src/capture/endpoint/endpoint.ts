/**
 * The kind of endpoint a call went to, read from the path: `chat` is `/chat/completions`, `completions` the legacy
 * `/completions`, `run` an assistants run, `batch` one result line of a batch, `realtime` a response or a transcription on a
 * WebSocket.
 */
export type Operation =
  | 'chat'
  | 'completions'
  | 'responses'
  | 'embeddings'
  | 'images'
  | 'transcription'
  | 'translation'
  | 'speech'
  | 'moderation'
  | 'run'
  | 'batch'
  | 'realtime';

/**
 * What a request does at its endpoint. `call`: it makes the model work. `revisit`: it reads or cancels an object that
 * another request made, and has no usage of its own. `download`: it fetches a file, which may hold a batch's results.
 */
export type EndpointKind = 'call' | 'revisit' | 'download';

/** What a request's method and path say about it. */
export interface Endpoint {
  readonly operation: Operation;
  readonly kind: EndpointKind;
  /** True for the two endpoints whose streams carry usage only where `stream_options.include_usage` asks for it. */
  readonly asksForUsage: boolean;
}

/**
 * Finds the metered endpoint of a request, by path suffix, so that any base path, Azure deployments included, fits.
 *
 * @returns `undefined` for requests that never make a record: models, lists, uploads.
 */
export function endpointOf(method: string, pathname: string): Endpoint | undefined {
  const path = pathname.endsWith('/') ? pathname.slice(0, -1) : pathname;
  if (method !== 'POST') return method === 'GET' ? endpointOfObject(method, path) : undefined;
  const last = path.slice(path.lastIndexOf('/') + 1);
  const candidates = byLastSegment.get(last);
  for (const [suffix, endpoint] of candidates ?? []) if (path.endsWith(suffix)) return endpoint;
  return endpointOfObject(method, path);
}

function endpointOfObject(method: string, path: string): Endpoint | undefined {
  for (const [of, pattern, endpoint] of objectPaths) if (of === method && pattern.test(path)) return endpoint;
  return undefined;
}

const objectPaths: readonly (readonly [method: string, path: RegExp, endpoint: Endpoint])[] = [
  ['POST', /\/threads\/[^/]+\/runs$/, { operation: 'run', kind: 'call', asksForUsage: false }],
  ['POST', /\/runs\/[^/]+\/submit_tool_outputs$/, { operation: 'run', kind: 'call', asksForUsage: false }],
  ['POST', /\/runs\/[^/]+\/cancel$/, { operation: 'run', kind: 'revisit', asksForUsage: false }],
  ['POST', /\/responses\/[^/]+\/cancel$/, { operation: 'responses', kind: 'revisit', asksForUsage: false }],
  ['GET', /\/threads\/[^/]+\/runs\/[^/]+$/, { operation: 'run', kind: 'revisit', asksForUsage: false }],
  ['GET', /\/responses\/[^/]+$/, { operation: 'responses', kind: 'revisit', asksForUsage: false }],
  ['GET', /\/files\/[^/]+\/content$/, { operation: 'batch', kind: 'download', asksForUsage: false }],
];

const suffixes: readonly (readonly [suffix: string, operation: Operation])[] = [
  ['/chat/completions', 'chat'],
  ['/completions', 'completions'],
  ['/responses', 'responses'],
  ['/responses/compact', 'responses'],
  ['/embeddings', 'embeddings'],
  ['/images/generations', 'images'],
  ['/images/edits', 'images'],
  ['/images/variations', 'images'],
  ['/audio/transcriptions', 'transcription'],
  ['/audio/translations', 'translation'],
  ['/audio/speech', 'speech'],
  ['/moderations', 'moderation'],
  ['/threads/runs', 'run'],
];

// Keyed by the last path segment; the longer suffix of a segment comes first in `suffixes`.
const byLastSegment = new Map<string, (readonly [string, Endpoint])[]>();
for (const [suffix, operation] of suffixes) {
  const last = suffix.slice(suffix.lastIndexOf('/') + 1);
  const asksForUsage = operation === 'chat' || operation === 'completions';
  const endpoint: Endpoint = { operation, kind: 'call', asksForUsage };
  byLastSegment.set(last, [...(byLastSegment.get(last) ?? []), [suffix, endpoint]]);
}
