import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { CutOptions, DeliveryOptions } from '../delivery-options.ts';
import { type EncodedEvent, gzipEvents } from './gzip-events.ts';
import type { WireAnswer, WireEvent } from '../provider-answer.ts';
import { createWriteQueue } from './write-queue.ts';

/** What delivery tells the request log. */
export interface DeliveryProgress {
  status: number | undefined;
  eventsSent: number;
  bytesSent: number;
  reportedUsage: string | undefined;
}

/**
 * Writes an answer to its connection, at its pace and with its faults. Each write waits until the operating system has
 * taken the one before, so nothing piles up in this process when the client does not read.
 *
 * @param gone - Aborted when the connection is over, for whatever reason.
 * @param onCut - Called before a cut the test asked for, so that it is not taken for a client that left.
 */
export async function deliverAnswer(
  response: ServerResponse,
  answer: WireAnswer,
  gone: AbortSignal,
  progress: DeliveryProgress,
  onCut: () => void,
): Promise<void> {
  const { cut, stall, delayMs = 0, gate, ...delivery } = answer.delivery ?? {};
  if (stall !== undefined && stall.afterEvents === undefined) await hang(stall.forMs, gone);
  if (gone.aborted) return;

  const events = encodeEvents(answer, delivery.gzip === true);
  progress.status = delivery.status ?? answer.status;
  response.writeHead(progress.status, headersOf(answer, events, delivery, cut));
  response.flushHeaders();
  await letClientRead();

  const queue = createWriteQueue(delivery, cut?.afterBytes ?? Number.POSITIVE_INFINITY);
  const send = async (writes: Iterable<Buffer>): Promise<void> => {
    for (const bytes of writes) {
      if (gone.aborted || !(await write(response, bytes))) return;
      progress.bytesSent += bytes.length;
      for (const event of queue.finishedBy(progress.bytesSent)) {
        progress.eventsSent += 1;
        progress.reportedUsage = event.usage ?? progress.reportedUsage;
      }
      await letClientRead();
    }
  };

  let index = 0;
  for (const event of events) {
    if (cut?.afterEvents === index) break;
    if (stall?.afterEvents === index) {
      await send(queue.rest());
      await hang(stall.forMs, gone);
    }
    if (gate !== undefined) await gate(index);
    if (delayMs > 0) await hang(delayMs, gone);
    queue.add(event);
    await send(queue.full());
    if (gone.aborted) return;
    if (cut?.afterBytes !== undefined && progress.bytesSent >= cut.afterBytes) break;
    index += 1;
  }
  await send(queue.rest());
  if (gone.aborted) return;
  const isCut = cut !== undefined && (cut.afterEvents === index || cut.afterBytes === progress.bytesSent);
  if (!isCut && stall?.afterEvents === index) await hang(stall.forMs, gone);
  if (isCut) onCut();
  if (isCut && cut.how === 'reset') response.socket?.resetAndDestroy();
  else if (isCut && cut.how !== 'end') response.socket?.destroy();
  else response.end();
}

function headersOf(
  answer: WireAnswer,
  events: Iterable<EncodedEvent>,
  delivery: DeliveryOptions,
  cut: CutOptions | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { ...answer.headers };
  if (delivery.gzip === true) headers['content-encoding'] = 'gzip';
  // A plain body has its length in front, unless it will end properly before that length.
  if (Array.isArray(events) && cut?.how !== 'end') {
    headers['content-length'] = String(
      events.reduce((sum: number, event: EncodedEvent) => sum + event.bytes.length, 0),
    );
  }
  for (const [name, value] of Object.entries(delivery.headers ?? {})) headers[name.toLowerCase()] = value;
  return headers;
}

function encodeEvents(answer: WireAnswer, isGzip: boolean): Iterable<EncodedEvent> {
  const plain = toBytes(answer.events);
  const events = isGzip ? gzipEvents(plain) : plain;
  return answer.isStream === true ? events : [...events];
}

function* toBytes(events: Iterable<WireEvent>): Generator<EncodedEvent> {
  for (const event of events) {
    yield { ...event, bytes: typeof event.bytes === 'string' ? Buffer.from(event.bytes) : event.bytes };
  }
}

/** Resolves to whether the bytes were handed to the operating system. */
function write(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const lost = (): void => resolve(false);
    response.once('close', lost);
    response.write(bytes, (error) => {
      response.off('close', lost);
      resolve(error === undefined || error === null);
    });
  });
}

/** Gives a client in this process its turn: the first await ends this turn of the event loop, the second the client's. */
async function letClientRead(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Waits for so many milliseconds, without a number for ever, and in any case no longer than the connection lives. */
async function hang(forMs: number | undefined, gone: AbortSignal): Promise<void> {
  if (gone.aborted) return;
  if (forMs === undefined) await new Promise<void>((resolve) => gone.addEventListener('abort', () => resolve()));
  else await pause(forMs, undefined, { signal: gone }).catch(() => {});
}
