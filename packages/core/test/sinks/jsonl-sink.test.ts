import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createMeter } from '../../src/create-meter.ts';
import { jsonlSink } from '../../src/sinks/jsonl-sink.ts';
import type { JsonlSinkOptions } from '../../src/sinks/jsonl-sink.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import { fakeProvider } from '../../src/testing/fake-provider.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kilotoken-jsonl-'));
  path = join(folder, 'usage.jsonl');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('the file', () => {
  test('is made by the first record, for its owner alone', async () => {
    const sink = jsonlSink({ path });
    await sink.write([]);
    expect(existsSync(path)).toBe(false);
    await sink.write([usageRecord()]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await sink.close();
  });

  test('holds one record per line, instants as ISO text', async () => {
    const sink = jsonlSink({ path, fsync: true });
    await sink.write([usageRecord({ id: 'a' }), usageRecord({ id: 'line\nbreak' })]);
    await sink.write([usageRecord({ id: 'c' })]);
    await sink.close();
    expect(readFileSync(path, 'utf8')).toMatch(/\n$/);
    expect(lines().map(({ id }) => id)).toEqual(['a', 'line\nbreak', 'c']);
    expect(lines()[0]).toEqual(JSON.parse(JSON.stringify(usageRecord({ id: 'a' }))));
    expect(lines()[0]).toMatchObject({ startedAt: '2026-11-22T10:00:00.000Z', endedAt: '2026-11-22T10:00:01.500Z' });
  });

  test('goes on with a line of its own after one that a crash tore', async () => {
    await jsonlSink({ path }).write([usageRecord({ id: 'a' })]);
    appendFileSync(path, '{"v":1,"id":"tor');
    await jsonlSink({ path }).write([usageRecord({ id: 'b' })]);
    const [first, torn, last, end] = readFileSync(path, 'utf8').split('\n');
    expect([first, last].map((line) => (JSON.parse(line ?? '') as { id: string }).id)).toEqual(['a', 'b']);
    expect(torn).toBe('{"v":1,"id":"tor');
    expect(end).toBe('');
  });

  test('begins anew after it was rotated away', async () => {
    const sink = jsonlSink({ path });
    await sink.write([usageRecord({ id: 'a' })]);
    renameSync(path, `${path}.1`);
    await sink.write([usageRecord({ id: 'b' })]);
    expect(lines().map(({ id }) => id)).toEqual(['b']);
    expect(lines(`${path}.1`).map(({ id }) => id)).toEqual(['a']);
  });

  test('keeps the order of batches nobody waited for', async () => {
    const sink = jsonlSink({ path });
    const ids = Array.from({ length: 50 }, (_, index) => `${index}`);
    for (const id of ids) void sink.write([usageRecord({ id, rawUsage: { padding: 'x'.repeat(5000) } })]);
    await sink.close();
    expect(lines().map(({ id }) => id)).toEqual(ids);
  });
});

test('a call ends up in the file', async () => {
  const provider = await fakeProvider();
  const meter = createMeter({ store: memoryStore(), sinks: [jsonlSink({ path })] });
  const answer = await meter.fetch()(`${provider.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] }),
  });
  await answer.json();
  await meter.close();
  await provider.close();
  expect(lines()).toEqual([expect.objectContaining({ requestModel: 'gpt-5-mini', origin: 'reported' })]);
});

describe('a failure', () => {
  test('is sink_failed and names the path, and the next batch is tried anew', async () => {
    const sink = jsonlSink({ path: join(folder, 'later', 'usage.jsonl') });
    await expect(sink.write([usageRecord()])).rejects.toMatchObject({
      code: 'sink_failed',
      message: expect.stringContaining('later'),
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
    await sink.close();
    await expect(sink.write([usageRecord()])).rejects.toMatchObject({ code: 'closed' });
    const next = jsonlSink({ path });
    await next.write([usageRecord({ id: 'a' })]);
    expect(lines().map(({ id }) => id)).toEqual(['a']);
  });

  test.for<[string, unknown]>([
    ['path', {}],
    ['path', { path: '' }],
    ['path', undefined],
    ['pth', { path: 'x', pth: 'y' }],
    ['name', { path: 'x', name: '' }],
    ['fsync', { path: 'x', fsync: 1 }],
    ['ephemeral', { path: 'x', ephemeral: 'yes' }],
  ])('throws at once and names %s for %j', ([field, options]) => {
    expect(() => jsonlSink(options as JsonlSinkOptions)).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining(field) }),
    );
  });

  test.for(['VERCEL', 'AWS_LAMBDA_FUNCTION_NAME'])('is what %s means, unless ephemeral', (variable) => {
    vi.stubEnv(variable, '1');
    expect(() => jsonlSink({ path })).toThrow(
      expect.objectContaining({ code: 'invalid_options', message: expect.stringContaining('ephemeral: true') }),
    );
    expect(jsonlSink({ path, ephemeral: true }).name).toBe('jsonl');
  });
});

function lines(file = path): { id: string; startedAt: string }[] {
  const text = readFileSync(file, 'utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as { id: string; startedAt: string });
}
