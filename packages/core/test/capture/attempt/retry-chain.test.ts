import { expect, it } from 'vitest';
import { createRetryChain } from '../../../src/capture/attempt/retry-chain.ts';

it('equal calls that fail without end are not all remembered', () => {
  const chain = createRetryChain();
  const key = { url: 'http://provider.test/v1/embeddings', handle: undefined, body: '{"input":"alive?"}' };
  for (let call = 0; call < 1500; call += 1) chain.failed(key, `call-${call}`, 1);
  const retry = { headers: { 'x-stainless-retry-count': '1' } };
  expect(chain.place(key, retry)).toEqual({ callId: 'call-500', number: 2 });
});
