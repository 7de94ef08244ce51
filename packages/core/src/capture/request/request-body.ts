import { findJsonMembers } from '../wire/json-members.ts';
import type { JsonMember } from '../wire/json-members.ts';

/** What the body of a request says, read from its text without parsing it. */
export interface RequestFacts {
  readonly model: string | undefined;
  /** Top-level `"stream": true`. */
  readonly streams: boolean;
  /** What the host itself says of `stream_options.include_usage`; `undefined` where it says nothing. */
  readonly includeUsage: boolean | undefined;
  /** Top-level `"background": true` (Responses). */
  readonly background: boolean;
  /** Azure "on your data" requests carry `data_sources` and refuse `stream_options`. */
  readonly hasDataSources: boolean;
  /** Where `stream` and `stream_options` stand in the text, so that it is searched once. */
  readonly stream: JsonMember | undefined;
  readonly streamOptions: JsonMember | undefined;
}

/**
 * Reads what metering needs from the text of a JSON request body.
 *
 * @returns `undefined` where the text is not a JSON object: the request passes untouched.
 */
export function readRequestBody(text: string): RequestFacts | undefined {
  const members = findJsonMembers(text, wanted);
  if (members === undefined) return undefined;
  const model = valueOf(text, members.get('model'));
  const stream = members.get('stream');
  const streamOptions = members.get('stream_options');
  const options = valueOf(text, streamOptions);
  const includeUsage = isObject(options) ? options['include_usage'] : undefined;
  return {
    model: typeof model === 'string' ? model : undefined,
    streams: valueOf(text, stream) === true,
    includeUsage: typeof includeUsage === 'boolean' ? includeUsage : undefined,
    background: valueOf(text, members.get('background')) === true,
    hasDataSources: members.has('data_sources'),
    stream,
    streamOptions,
  };
}

/**
 * The same of a multipart body, as images and audio are sent. Node's `fetch` gets it as `FormData`; the stream that
 * openai 4 makes of it is not read.
 */
export function readFormBody(body: unknown): RequestFacts | undefined {
  if (typeof FormData === 'undefined' || !(body instanceof FormData)) return undefined;
  const model = body.get('model');
  return {
    model: typeof model === 'string' ? model : undefined,
    streams: body.get('stream') === 'true',
    includeUsage: undefined,
    background: false,
    hasDataSources: false,
    stream: undefined,
    streamOptions: undefined,
  };
}

/**
 * Splices `include_usage: true` into the text of a streaming request, merged into existing `stream_options`, every
 * other byte left as it is.
 *
 * @param facts - What {@link readRequestBody} found in this very text.
 * @returns `undefined` where that is not possible (`stream_options` is neither absent, null nor an object).
 */
export function spliceIncludeUsage(
  text: string,
  { stream, streamOptions: options }: Pick<RequestFacts, 'stream' | 'streamOptions'>,
): string | undefined {
  if (stream === undefined) return undefined;
  if (options === undefined) return insert(text, stream.valueEnd, ',"stream_options":{"include_usage":true}');
  const value = valueOf(text, options);
  if (value === null) return replace(text, options, '{"include_usage":true}');
  if (!isObject(value)) return undefined;
  const inner = findJsonMembers(text, includeUsageOnly, options.valueStart)?.get('include_usage');
  if (inner !== undefined) return replace(text, inner, 'true');
  const comma = Object.keys(value).length > 0 ? ',' : '';
  return insert(text, options.valueStart + 1, `"include_usage":true${comma}`);
}

const wanted: ReadonlySet<string> = new Set(['model', 'stream', 'stream_options', 'background', 'data_sources']);
const includeUsageOnly: ReadonlySet<string> = new Set(['include_usage']);

function valueOf(text: string, member: JsonMember | undefined): unknown {
  if (member === undefined || member.valueEnd - member.valueStart > 4096) return undefined;
  try {
    return JSON.parse(text.slice(member.valueStart, member.valueEnd)) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function insert(text: string, at: number, addition: string): string {
  return text.slice(0, at) + addition + text.slice(at);
}

function replace(text: string, member: JsonMember, value: string): string {
  return text.slice(0, member.valueStart) + value + text.slice(member.valueEnd);
}
