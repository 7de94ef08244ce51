export { type AnswerHandler, type FakeProvider, fakeProvider, type FakeProviderOptions } from './fake-provider.ts';
export type { ProviderRequest } from './provider-request.ts';
export type { UsageOverride, UsageSum } from './answers/wire-usage.ts';

export { chatAnswer } from './answers/chat-answer.ts';
export type { ChatAnswerOptions, ErrorChunkOptions, UsagePlace } from './answers/chat-answer-options.ts';
export type { FakeToolCall } from './answers/completion-shape.ts';
export { errorAnswer, type ErrorAnswerOptions } from './answers/error-answer.ts';
export { jsonAnswer, type JsonAnswerOptions } from './answers/json-answer.ts';
export { recordedAnswer, type RecordedAnswerOptions } from './answers/recorded-answer.ts';
export { responsesAnswer, type ResponsesAnswerOptions } from './answers/responses-answer.ts';
export { runAnswer, type RunAnswerOptions } from './answers/run-answer.ts';

export type { CutOptions, DeliveryOptions, StallOptions } from './delivery-options.ts';
export type { AnswerContext, ProviderAnswer, WireAnswer, WireEvent } from './provider-answer.ts';
export type { SseOptions } from './answers/sse-writer.ts';
export type { StreamOptionsRefusal } from './answers/stream-options-refusal.ts';

export {
  type ConformanceOptions,
  type CreateStore,
  type UsageStoreCase,
  usageStoreConformance,
} from './conformance/usage-store-conformance.ts';
export { usageRecord } from './usage-record-builder.ts';
