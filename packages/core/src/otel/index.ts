export { otelSink } from './otel-sink.ts';
export type { OtelSinkOptions } from './otel-sink.ts';
export type { AttributesLike, MeterLike, MeterProviderLike } from './meter-like.ts';
