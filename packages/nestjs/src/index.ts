// The module
export { KilotokenModule } from './kilotoken-module.ts';
export type { KilotokenAsyncOptions, KilotokenModuleOptions } from './module-options.ts';

// What it provides
export { InjectMeter } from './inject-meter.ts';
export { InjectOpenAI } from './inject-openai.ts';
export { KILOTOKEN_METER, OPENAI_CLIENT } from './provider-tokens.ts';
