import { isJsonObject } from '../json-object.ts';
import type { JsonObject } from '../json-object.ts';

/** A Response or an assistants run: an object the provider keeps, and goes on with where nobody is connected. */
export interface StoredObject {
  readonly kind: 'response' | 'run';
  readonly id: string;
  /** As the provider says it: `queued`, `in_progress`, `requires_action`, `completed`, … */
  readonly status: string | undefined;
  /** True for a Response made with `background: true`. */
  readonly isBackground: boolean;
  readonly createdAt: Date | undefined;
  /** What the app wrote on it. */
  readonly metadata: JsonObject | undefined;
}

/** Finds the stored object in a payload: a plain answer, or an event that carries it. */
export function readStoredObject(payload: unknown): StoredObject | undefined {
  if (!isJsonObject(payload)) return undefined;
  const answer = isJsonObject(payload['response']) ? payload['response'] : payload;
  const { id, object, status, background, created_at: createdAt, metadata } = answer;
  if (typeof id !== 'string' || id.length > 1000 || (object !== 'response' && object !== 'thread.run'))
    return undefined;
  return {
    kind: object === 'response' ? 'response' : 'run',
    id,
    status: typeof status === 'string' ? status : undefined,
    isBackground: background === true,
    createdAt: typeof createdAt === 'number' && createdAt > 0 ? new Date(createdAt * 1000) : undefined,
    // A copy, for the host may have got the very object, and may change it.
    metadata: isJsonObject(metadata) ? { ...metadata } : undefined,
  };
}

/** True for a step of a run, whose usage is part of the run's. */
export function isPartOfRun(payload: unknown): boolean {
  return isJsonObject(payload) && payload['object'] === 'thread.run.step';
}
