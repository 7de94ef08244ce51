import type { SseEvent } from './sse-writer.ts';
import { jsonWithUsage } from './wire-usage.ts';

/** A run before it is written down. */
export interface RunState {
  readonly run: Readonly<Record<string, unknown>>;
  readonly tokens: readonly string[];
  /** JSON text of the usage object. */
  readonly usage: string;
  readonly end: string;
}

/** What tells one run from another. */
export interface RunNames {
  readonly id: string;
  readonly threadId: string;
  readonly createdAt: number;
  readonly model: unknown;
  readonly metadata: unknown;
}

/** A run object as it is before its end, without usage. */
export function runObject({ id, threadId, createdAt, model, metadata }: RunNames): Readonly<Record<string, unknown>> {
  return {
    id,
    object: 'thread.run',
    created_at: createdAt,
    assistant_id: 'asst_fake',
    thread_id: threadId,
    status: 'queued',
    required_action: null,
    last_error: null,
    model,
    instructions: 'Be brief.',
    tools: [],
    metadata,
    usage: null,
  };
}

/** The events of a run's stream, up to its end or to where it waits for a tool. */
export function* runEvents({ run, tokens, usage, end }: RunState, waitsForTool: boolean): Generator<SseEvent> {
  const details = waitsForTool
    ? { type: 'tool_calls', tool_calls: [] }
    : { type: 'message_creation', message_creation: { message_id: 'msg_1' } };
  const step = {
    id: 'step_1',
    object: 'thread.run.step',
    run_id: run['id'],
    type: details.type,
    step_details: details,
    status: 'in_progress',
    usage: null,
  };
  yield eventOf('thread.run.created', run);
  yield eventOf('thread.run.in_progress', { ...run, status: 'in_progress' });
  yield eventOf('thread.run.step.created', step);
  if (!waitsForTool) {
    yield eventOf('thread.message.created', message('in_progress', []));
    for (const token of tokens) {
      const content = [{ index: 0, type: 'text', text: { value: token, annotations: [] } }];
      yield eventOf('thread.message.delta', { id: 'msg_1', object: 'thread.message.delta', delta: { content } });
    }
    const text = { value: tokens.join(''), annotations: [] };
    yield eventOf('thread.message.completed', message('completed', [{ type: 'text', text }]));
  }
  const partial = { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 };
  yield eventOf('thread.run.step.completed', { ...step, status: 'completed', usage: partial });
  if (waitsForTool) yield eventOf('thread.run.requires_action', { ...run, status: 'requires_action' });
  else yield { event: `thread.run.${end}`, data: jsonWithUsage({ ...run, status: end }, usage), usage };
  yield { event: 'done', data: '[DONE]' };
}

function message(status: string, content: readonly object[]): object {
  return { id: 'msg_1', object: 'thread.message', role: 'assistant', status, content };
}

function eventOf(event: string, data: object): SseEvent {
  return { event, data: JSON.stringify(data) };
}
