export { type AnswerHandler, type FakeProvider, fakeProvider, type FakeProviderOptions } from './fake-provider.ts';
export type { ProviderRequest } from './provider-request.ts';
export type { UsageOverride, UsageSum } from './wire-usage.ts';

export { chatAnswer } from './chat-answer.ts';
export type { ChatAnswerOptions, ErrorChunkOptions, UsagePlace } from './chat-answer-options.ts';
export type { FakeToolCall } from './completion-shape.ts';
export { errorAnswer, type ErrorAnswerOptions } from './error-answer.ts';
export { jsonAnswer, type JsonAnswerOptions } from './json-answer.ts';
export { recordedAnswer, type RecordedAnswerOptions } from './recorded-answer.ts';
export { responsesAnswer, type ResponsesAnswerOptions } from './responses-answer.ts';
export { runAnswer, type RunAnswerOptions } from './run-answer.ts';

export type { CutOptions, DeliveryOptions, StallOptions } from './delivery-options.ts';
export type { AnswerContext, ProviderAnswer, WireAnswer, WireEvent } from './provider-answer.ts';
export type { SseOptions } from './sse-writer.ts';
export type { StreamOptionsRefusal } from './stream-options-refusal.ts';

export {
  type ConformanceOptions,
  type CreateStore,
  type UsageStoreCase,
  usageStoreConformance,
} from './usage-store-conformance.ts';
export { usageRecord } from './usage-record-builder.ts';
