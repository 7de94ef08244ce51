// First of all: it decides which fetch every client of openai 4 gets in this process.
// oxlint-disable-next-line import/no-unassigned-import
import 'openai-v4/shims/web';
import * as kilotoken from '@kilotoken/core';
import { expect, it } from 'vitest';
import { chatChecks } from './checks/chat-checks.ts';
import { streamObjectChecks } from './checks/stream-object-checks.ts';
import { dropInChecks } from './drop-in-checks.ts';
import { chat } from './host.ts';
import { applies, runCheck } from './run-check.ts';
import { loadSdk } from './sdk-under-test.ts';

const under = await loadSdk('openai-v4', 'esm');

it('openai 4 with shims/web has the fetch of the runtime', async () => {
  const openai = new under.sdk.OpenAI({ apiKey: 'test', fetch: () => Promise.resolve(Response.json({ id: 'x' })) });
  const response = await openai.chat.completions.create(chat).asResponse();
  expect(response).toBeInstanceOf(Response);
});

const isFull = process.env['KILOTOKEN_FULL'] === '1';
const checks = isFull ? dropInChecks : [...chatChecks, ...streamObjectChecks];

it.for(checks.filter((check) => applies(check, under)))('shims/web: $name', (check) =>
  runCheck(check, under, kilotoken),
);
