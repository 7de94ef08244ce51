// Usage frames in the app's own streams
export { meterResponse } from './sse/meter-response.ts';
export { onUsageFrame } from './sse/on-usage-frame.ts';
