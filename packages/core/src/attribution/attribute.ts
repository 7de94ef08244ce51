import type { Attempt } from '../capture/attempt/attempt.ts';
import type { Operation } from '../capture/endpoint/endpoint.ts';
import { copyAttribution } from './attribution.ts';
import type { Attribution } from './attribution.ts';

/** What the function `attribute` is told about a call. */
export interface AttributeRequest {
  /** The kind of endpoint, as in the record. */
  readonly operation: Operation;
  /** The provider, recognized by its host, as in the record. */
  readonly provider: string;
  /** The requested model. */
  readonly model?: string;
  /** `user` of the request, or its successor `safety_identifier`, as the app wrote it. */
  readonly user?: string;
  /** `metadata` of the request, or of the object itself if a background response or a run is fetched. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `custom_id` of a batch's result line. */
  readonly customId?: string;
  /** The headers of the HTTP request, including authorization and those of the SDK. Names are case-insensitive. */
  readonly headers: {
    /** The value of one header; `undefined` if the request does not have it. */
    get(name: string): string | undefined;
  };
}

/**
 * Derives from a request whose call it is. Called once per HTTP attempt, before the request leaves, so it must be fast and
 * synchronous. The turn of the call takes precedence over the result, part by part.
 *
 * @example
 * ```ts
 * const attribute: Attribute = ({ metadata }) => ({ userId: String(metadata?.['userId']) });
 * ```
 */
export type Attribute = (request: AttributeRequest) => Attribution | undefined;

/** What becomes known of whose a call is only from its answer. */
export interface LateHints {
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly customId?: string;
}

/** Asks the app's function about one attempt. Never throws. */
export type AttributeAttempt = (attempt: Attempt, late?: LateHints) => Attribution | undefined;

/**
 * Makes the app's function harmless: what it throws, and what it returns of a wrong shape, goes to `onFault`, and the
 * call is attributed without it.
 *
 * @param check - Throws where a value is not an attribution.
 */
export function askAttribute(
  attribute: Attribute | undefined,
  check: (attribution: unknown, owner: string) => void,
  onFault: (cause: unknown) => void,
): AttributeAttempt {
  if (attribute === undefined) return () => undefined;
  return (attempt, late) => {
    try {
      const attribution: unknown = attribute(requestOf(attempt, late));
      if (attribution === undefined || attribution === null) return undefined;
      if (attribution instanceof Promise) {
        attribution.catch(() => undefined);
        throw new TypeError('the attribute function returned a promise; it must return the attribution itself');
      }
      check(attribution, 'attribute');
      return copyAttribution(attribution);
    } catch (cause) {
      onFault(cause);
      return undefined;
    }
  };
}

/** Joins what was found out with what was said: what was said wins, part by part and tag by tag. */
export function mergeAttribution(found: Attribution | undefined, said: Attribution | undefined): Attribution {
  if (found === undefined) return said ?? {};
  const tags = { ...found.tags, ...said?.tags };
  return { ...found, ...said, ...(Object.keys(tags).length === 0 ? {} : { tags }) };
}

function requestOf(attempt: Attempt, late: LateHints = {}): AttributeRequest {
  const { operation, provider, requestModel: model, hints } = attempt;
  const { user } = hints ?? {};
  const metadata = late.metadata ?? hints?.metadata;
  return {
    operation,
    provider,
    ...(model === undefined ? {} : { model }),
    ...(user === undefined ? {} : { user }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(late.customId === undefined ? {} : { customId: late.customId }),
    headers: { get: (name) => hints?.header(name.toLowerCase()) },
  };
}
