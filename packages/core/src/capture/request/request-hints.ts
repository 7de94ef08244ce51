import { readHeader } from '../platform/request-headers.ts';
import type { RequestHeaders } from '../platform/request-headers.ts';
import { findJsonMembers } from '../wire/json-members.ts';

/** What a request says of whose it is, for those who want to know. */
export interface RequestHints {
  readonly user: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** One header of the request. `name` in lower case. */
  header(name: string): string | undefined;
}

/** @param body - The body where it is text or a form. */
export function readRequestHints(body: unknown, headers: RequestHeaders): RequestHints {
  const { user, safety_identifier: successor, metadata } = membersOf(body);
  return {
    user: textOf(user) ?? textOf(successor),
    metadata:
      typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? { ...metadata } : undefined,
    header: (name) => readHeader(headers, name),
  };
}

const wanted: ReadonlySet<string> = new Set(['user', 'safety_identifier', 'metadata']);
const maxChars = 64 * 1024;

function membersOf(body: unknown): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = {};
  if (typeof FormData !== 'undefined' && body instanceof FormData) members['user'] = body.get('user');
  if (typeof body !== 'string') return members;
  for (const [name, { valueStart, valueEnd }] of findJsonMembers(body, wanted) ?? []) {
    if (valueEnd - valueStart <= maxChars) members[name] = parsed(body.slice(valueStart, valueEnd));
  }
  return members;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
