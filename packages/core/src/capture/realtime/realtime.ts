import type { Attempt, AttemptListener, AttemptOutcome } from '../attempt/attempt.ts';
import type { Operation } from '../endpoint/endpoint.ts';
import { providerPolicyOf } from '../endpoint/provider.ts';
import type { AnswerReader } from '../payloads/answer-reader.ts';

/** What following a connection needs of the meter. */
export interface RealtimeParts<Reader extends AnswerReader> {
  readonly clock: () => Date;
  readonly createReader: () => Reader;
  readonly listener: AttemptListener<Reader>;
  /** Told of an error in the metering itself. */
  readonly onFault: (error: unknown) => void;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * Follows the server's events of one WebSocket connection: each response, and each transcription of what the user said,
 * is one attempt. The connection itself is left as it is.
 */
export function createRealtimeWatch<Reader extends AnswerReader>(
  address: string | undefined,
  handle: string | undefined,
  { clock, createReader, listener, onFault }: RealtimeParts<Reader>,
): { see(event: unknown): void; closed(): void } {
  const { origin, provider, model: addressModel } = placeOf(address);
  const open = new Map<string, Attempt<Reader>>();
  const finished = new Set<string>();
  let model = addressModel;
  let transcriptionModel: string | undefined;

  return {
    see(event) {
      try {
        if (isObject(event) && typeof event['type'] === 'string') follow(event['type'], event);
      } catch (error) {
        onFault(error);
      }
    },
    closed() {
      for (const id of open.keys()) finish(id, undefined, 'failed');
    },
  };

  function follow(type: string, event: Members): void {
    const { session, response, response_id: responseId, item_id: itemId, content_index: contentIndex } = event;
    if (type.startsWith('session.') || type.startsWith('transcription_session.')) {
      if (isObject(session)) readSession(session);
    } else if (type.startsWith('response.')) {
      const id = isObject(response) ? textOf(response['id']) : textOf(responseId);
      if (id === undefined || finished.has(id)) return;
      const operation = isObject(response) && response['object'] === 'response' ? 'responses' : 'realtime';
      const attempt = open.get(id) ?? start(id, operation, model);
      if (type.endsWith('.delta')) attempt.firstChunkAt ??= clock();
      if (isObject(response) && finalTypes.has(type)) finish(id, event, outcomeOf(response['status']));
    } else if (type === 'conversation.item.input_audio_transcription.completed') {
      const part = typeof contentIndex === 'number' ? contentIndex : 0;
      const id = `${textOf(itemId) ?? ''}/${part}`;
      if (itemId === undefined || finished.has(id)) return;
      start(id, 'realtime', transcriptionModel).reader.see(event);
      finish(id, event, 'completed');
    }
  }

  function readSession(session: Members): void {
    model = textOf(session['model']) ?? model;
    const audio = isObject(session['audio']) ? session['audio']['input'] : undefined;
    const transcription =
      (isObject(audio) ? audio['transcription'] : undefined) ?? session['input_audio_transcription'];
    if (isObject(transcription)) transcriptionModel = textOf(transcription['model']) ?? transcriptionModel;
  }

  function start(name: string, operation: Operation, requestModel: string | undefined): Attempt<Reader> {
    // The same for every observer of the connection, so that stores keep one of several.
    const id = `${origin}/${name}`;
    const attempt: Attempt<Reader> = {
      id,
      callId: id,
      number: 1,
      startedAt: clock(),
      provider,
      operation,
      kind: 'call',
      url: origin,
      origin,
      isBackground: false,
      requestModel,
      hints: undefined,
      handle,
      requestTokens: undefined,
      reader: createReader(),
      streamed: true,
      status: undefined,
      requestId: undefined,
      generationId: undefined,
      reportedUsd: undefined,
      firstChunkAt: undefined,
      endedAt: undefined,
      outcome: undefined,
      bytes: 0,
      drained: false,
      recovered: false,
    };
    open.set(name, attempt);
    listener.started(attempt);
    // A server that begins responses and ends none would fill the memory.
    if (open.size > maxRemembered) finish(open.keys().next().value ?? name, undefined, 'failed');
    return attempt;
  }

  function finish(name: string, event: Members | undefined, outcome: AttemptOutcome): void {
    const attempt = open.get(name);
    if (attempt === undefined) return;
    open.delete(name);
    finished.add(name);
    if (finished.size > maxRemembered) finished.delete(finished.values().next().value ?? name);
    if (event !== undefined) attempt.reader.see(event);
    attempt.outcome = outcome;
    attempt.endedAt = clock();
    listener.ended(attempt);
  }
}

const maxRemembered = 1000;
/** The end of a realtime response, and those of the Responses API over a WebSocket. */
const finalTypes = new Set(['response.done', 'response.completed', 'response.incomplete', 'response.failed']);

function placeOf(address: string | undefined): {
  readonly origin: string;
  readonly provider: string;
  readonly model: string | undefined;
} {
  if (address === undefined || !URL.canParse(address))
    return { origin: 'realtime', provider: 'openai', model: undefined };
  const url = new URL(address);
  const model = url.searchParams.get('model') ?? url.searchParams.get('deployment') ?? undefined;
  const origin = `${url.protocol.replace('ws', 'http')}//${url.host}`;
  return { origin, provider: providerPolicyOf(url.hostname).provider, model };
}

function outcomeOf(status: unknown): AttemptOutcome {
  if (status === 'cancelled') return 'stopped';
  return status === 'failed' ? 'failed' : 'completed';
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
