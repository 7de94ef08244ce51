import type { Attempt } from '../../capture/attempt/attempt.ts';
import type { BatchLine } from '../../capture/payloads/batch-lines.ts';
import { isJsonObject } from '../../json-object.ts';
import type { AnswerReading } from '../../normalize/answer-reader.ts';
import { createdBefore } from './created-before.ts';
import { objectRecordId } from './record-id.ts';

/**
 * The attempt that a result line of a batch stands for, as far as the line tells: the provider made it itself, at a time
 * of which most answers name the second.
 *
 * @returns `undefined` for a line without an answer: a request of the batch that never ran.
 */
export function attemptOfBatchLine(
  download: Attempt<AnswerReading>,
  line: BatchLine,
  reader: AnswerReading,
): Attempt<AnswerReading> | undefined {
  const { response } = line;
  if (!isJsonObject(response) || !isJsonObject(response['body'])) return undefined;
  const { body, request_id: requestId, status_code: status = 200 } = response;
  reader.see(body);
  // Of the address not more than that: what gateways have in front may be a secret.
  const file = download.url.slice(download.url.lastIndexOf('/files/') + 1);
  const name = typeof line.id === 'string' ? line.id : (reader.responseId ?? `${file}/${line.custom_id}`);
  const id = objectRecordId(download.origin, name);
  const createdSeconds = body['created'] ?? body['created_at'];
  const created =
    typeof createdSeconds === 'number' && createdSeconds > 0 ? new Date(createdSeconds * 1000) : undefined;
  const startedAt = createdBefore(created, download);
  return {
    ...download,
    id,
    callId: id,
    number: 1,
    startedAt,
    firstChunkAt: undefined,
    endedAt: startedAt,
    kind: 'call',
    requestId: typeof requestId === 'string' ? requestId : undefined,
    reader,
    outcome: status === 200 ? 'completed' : typeof status === 'number' && status < 500 ? 'refused' : 'failed',
  };
}
