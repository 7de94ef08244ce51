import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { usageStoreConformance } from '../../src/testing/conformance/usage-store-conformance.ts';

describe('memoryStore', () => {
  it.for(usageStoreConformance)('$name', ({ run }) => run(memoryStore()));

  it('says that it is neither durable nor shared', () => {
    expect(memoryStore().capabilities).toEqual({ durable: false, shared: false });
  });

  it('names an unknown option', () => {
    expect(() => memoryStore({ path: 'x' } as never)).toThrow(/unknown option "path"/);
  });
});
