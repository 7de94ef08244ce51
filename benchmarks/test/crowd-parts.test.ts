import { describe, expect, it } from 'vitest';
import type { CrowdCost } from '../src/crowd/crowd-process.ts';
import { ownerOf } from '../src/profile/owners.ts';
import { functionsOfCore, partsOf } from '../src/profile/parts.ts';

const cost = (cpu: number, mainThreadCpu: number, sampled: Record<string, number> = {}): CrowdCost => ({
  cpu,
  mainThreadCpu,
  wall: cpu,
  events: 100,
  records: 0,
  profile: {
    sampled: Object.entries(sampled).map(([name, microseconds]) => ({ owner: name, name: 'read', microseconds })),
    reads: 1,
    collectorMicroseconds: 0,
  },
});

describe('where the CPU of a crowd goes', () => {
  it('is what was measured without a profiler, in the shares that the profiler saw', () => {
    const rows = partsOf([
      { name: 'bare', plain: [cost(1000, 800)], profiled: [cost(3000, 2500, { 'the SDK': 1000 })] },
      {
        name: 'kilotoken',
        plain: [cost(1300, 1000)],
        profiled: [cost(3500, 3000, { 'the SDK': 800, 'core: capture/a.ts': 199, 'core: capture/b.ts': 1 })],
      },
    ]);
    const round = (row: Record<string, unknown>): unknown =>
      Object.fromEntries(
        Object.entries(row).map(([name, cell]) => [name, typeof cell === 'number' ? Number(cell.toFixed(3)) : cell]),
      );
    expect(rows.map(round)).toEqual([
      { part: 'the SDK', bare: 8, kilotoken: 8, '+ us': 0 },
      { part: 'other threads: collector, compiler', bare: 2, kilotoken: 3, '+ us': 1 },
      { part: 'core: capture/a.ts', bare: 0, kilotoken: 1.99, '+ us': 1.99 },
      { part: 'core: all the rest', bare: 0, kilotoken: 0.01, '+ us': 0.01 },
      { part: 'all of it', bare: 10, kilotoken: 13, '+ us': 3 },
    ]);
  });

  it('tells the functions of core, from the most to the least', () => {
    const profiled = [cost(1, 1, { 'core: capture/b.ts': 100, 'the SDK': 600, 'core: capture/a.ts': 300 })];
    expect(functionsOfCore({ name: 'kilotoken', plain: [cost(1000, 1000)], profiled })).toEqual([
      { name: 'core: capture/a.ts read', us: 3 },
      { name: 'core: capture/b.ts read', us: 1 },
    ]);
  });

  it.for([
    ['parse', '', undefined],
    ['toString', '', undefined],
    ['(garbage collector)', '', 'collector of garbage'],
    [
      'push',
      'file:///app/packages/core/src/capture/payloads/usage-filter.ts',
      'core: capture/payloads/usage-filter.ts',
    ],
    ['read', 'file:///app/node_modules/openai/core/streaming.mjs', 'the SDK'],
    ['read', 'node:internal/webstreams/readablestream', "Node's web streams"],
    ['push', 'node:internal/streams/readable', "Node's streams"],
    ['run', 'file:///app/main.ts', 'the app'],
  ] as const)('is whose the script is: %s of %s', ([name, url, owner]) => {
    expect(ownerOf(name, url)).toBe(owner);
  });
});
