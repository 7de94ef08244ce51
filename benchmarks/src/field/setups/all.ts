import type { SetUp } from '../setup.ts';
import { bare } from './bare.ts';
import { braintrust } from './braintrust.ts';
import { kilotoken } from './kilotoken.ts';
import { langfuse } from './langfuse.ts';
import { langsmith } from './langsmith.ts';
import { openinference } from './openinference.ts';
import { opentelemetry } from './opentelemetry.ts';
import { posthog } from './posthog.ts';

/** Every contestant by the name it is started with. */
export const setUps: Readonly<Record<string, SetUp>> = {
  bare,
  kilotoken,
  langfuse,
  langsmith,
  posthog,
  braintrust,
  openinference,
  opentelemetry,
};
