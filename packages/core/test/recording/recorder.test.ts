import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import type { MeterError } from '../../src/errors.ts';
import { createRecorder } from '../../src/recording/recorder.ts';
import type { Recorder, RecorderParts } from '../../src/recording/recorder.ts';
import type { AppendOutcome, RecordTarget } from '../../src/recording/delivery/record-target.ts';
import type { UsageRecord } from '../../src/recording/usage-record.ts';
import { usageRecord } from '../../src/testing/usage-record-builder.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapUsed = (): number => {
  collectGarbage();
  return process.memoryUsage().heapUsed;
};

const recorders: Recorder[] = [];
afterEach(async () => {
  await Promise.all(recorders.splice(0).map((recorder) => recorder.close({ timeoutMs: 1 })));
});

/** A target that answers as the script says, batch by batch, and takes everything after its end. */
function scripted(...script: readonly ((batch: readonly UsageRecord[]) => AppendOutcome | Promise<AppendOutcome>)[]) {
  const batches: string[][] = [];
  const stored = new Set<string>();
  const target: RecordTarget = {
    async append(batch) {
      const answer = script[batches.length];
      batches.push(batch.map(({ id }) => id));
      const outcome = answer === undefined ? { inserted: batch.length, duplicates: 0 } : await answer(batch);
      const refused = new Set(outcome?.rejected?.map((one) => one?.id));
      for (const { id } of batch) if (!refused.has(id)) stored.add(id);
      return outcome;
    },
  };
  return { target, batches, stored };
}

function recorderOf(target: RecordTarget, parts: Partial<RecorderParts> = {}) {
  const errors: { readonly code: MeterError['code']; readonly id: string | undefined }[] = [];
  const onError: RecorderParts['onError'] = ({ code }, record) => errors.push({ code, id: record?.id });
  const recorder = createRecorder({ target, onError, flushIntervalMs: 5, ...parts });
  recorders.push(recorder);
  return { recorder, errors };
}

const fails = (): never => {
  throw new Error('down');
};
const hangs = (): Promise<never> => new Promise(() => {});
const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `r${at}`);

describe('a recorder', () => {
  it('sends what was pushed in batches, each record once', async () => {
    const { target, batches, stored } = scripted();
    const { recorder } = recorderOf(target, { maxBatchRecords: 4 });
    for (const id of ids(10)) recorder.push(usageRecord({ id }));

    await recorder.flush();

    expect(batches.flat().toSorted()).toEqual(ids(10));
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(4);
    expect(stored.size).toBe(10);
    expect(recorder.stats()).toMatchObject({
      captured: 10,
      stored: 10,
      queued: 0,
      dropped: 0,
      retried: 0,
      oldestUnstoredMs: 0,
    });
  });

  it('flushes what was there when it began, and does not wait for what came since', async () => {
    const gates = new Map<string, () => void>();
    const waits = (batch: readonly UsageRecord[]): Promise<AppendOutcome> =>
      new Promise((resolve) => {
        gates.set(String(batch[0]?.id), () => resolve({ inserted: batch.length, duplicates: 0 }));
      });
    const { target } = scripted(waits, waits, waits);
    const { recorder } = recorderOf(target, { maxBatchRecords: 1 });
    const ended: string[] = [];
    const flush = (name: string): Promise<unknown> => recorder.flush().then(() => ended.push(name));
    for (const id of ['a', 'b']) recorder.push(usageRecord({ id }));
    const [first, again] = [flush('first'), flush('again')];
    recorder.push(usageRecord({ id: 'c' }));
    const last = flush('last');
    await expect.poll(() => gates.size).toBe(2);
    gates.get('b')?.();
    await expect.poll(() => gates.size).toBe(3);
    // The newest is settled before the oldest: only all of it ends a flush.
    gates.get('c')?.();
    await expect.poll(() => recorder.stats().stored).toBe(2);
    expect(ended).toEqual([]);
    recorder.push(usageRecord({ id: 'd' }));
    gates.get('a')?.();
    await Promise.all([first, again, last]);
    await recorder.flush();
    expect(recorder.stats().stored).toBe(4);
  });

  it('ends a flush while a later one still waits', async () => {
    const gates: (() => void)[] = [];
    const waits = (batch: readonly UsageRecord[]): Promise<AppendOutcome> =>
      new Promise((resolve) => {
        gates.push(() => resolve({ inserted: batch.length, duplicates: 0 }));
      });
    const { target } = scripted(waits, waits);
    const { recorder } = recorderOf(target);
    recorder.push(usageRecord({ id: 'a' }));
    const first = recorder.flush();
    recorder.push(usageRecord({ id: 'b' }));
    let hasLastEnded = false;
    const last = recorder.flush().then(() => {
      hasLastEnded = true;
    });
    await expect.poll(() => gates.length).toBe(1);
    gates[0]?.();
    await first;
    await expect.poll(() => gates.length).toBe(2);
    expect(hasLastEnded).toBe(false);
    gates[1]?.();
    await last;
  });

  it('remembers what is on its way once, however many flush meanwhile', async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { target, stored } = scripted(async (batch) => {
      await gate;
      return { inserted: batch.length, duplicates: 0 };
    });
    const { recorder } = recorderOf(target);
    for (const id of ids(5000)) recorder.push(usageRecord({ id }));
    const before = heapUsed();
    const flushes = [recorder.flush()];
    const ofOne = heapUsed() - before;
    for (let count = 0; count < 100; count += 1) flushes.push(recorder.flush());
    expect(heapUsed() - before).toBeLessThan(5 * ofOne);
    open();
    await Promise.all(flushes);
    expect(stored.size).toBe(5000);
  });

  it('sends a second batch beside the first where a full one waits, and no third', async () => {
    const gates: (() => void)[] = [];
    const waits = (batch: readonly UsageRecord[]): Promise<AppendOutcome> =>
      new Promise((resolve) => {
        gates.push(() => resolve({ inserted: batch.length, duplicates: 0 }));
      });
    const { target, batches, stored } = scripted(waits, waits, waits, waits);
    const { recorder } = recorderOf(target, { maxBatchRecords: 4 });
    for (const id of ids(3)) recorder.push(usageRecord({ id }));
    await expect.poll(() => batches.length).toBe(1);
    for (const id of ids(18).slice(3)) recorder.push(usageRecord({ id }));
    await expect.poll(() => batches.length).toBe(2);
    // The second one is answered first; there is still a full one.
    gates[1]?.();
    await expect.poll(() => batches.length).toBe(3);
    expect(batches.map((batch) => batch.length)).toEqual([3, 4, 4]);
    gates[0]?.();
    await expect.poll(() => batches.length).toBe(4);
    gates[3]?.();
    await expect.poll(() => recorder.stats().stored).toBe(14);
    // The one that is left goes on with what comes, also where that is no full batch.
    recorder.push(usageRecord({ id: 'late' }));
    gates[2]?.();
    await expect.poll(() => stored.has('late')).toBe(true);
    await recorder.flush();
    expect(batches.flat().toSorted()).toEqual([...ids(18), 'late'].toSorted());
    expect(stored.size).toBe(19);
  });

  it('sends one batch at a time to a store that fails', async () => {
    let underway = 0;
    let most = 0;
    const failsLater = async (): Promise<never> => {
      underway += 1;
      most = Math.max(most, underway);
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      underway -= 1;
      throw new Error('down');
    };
    const { target, stored } = scripted(fails, failsLater, failsLater);
    const { recorder } = recorderOf(target, { maxBatchRecords: 4 });
    for (const id of ids(40)) recorder.push(usageRecord({ id }));
    await expect.poll(() => stored.size, { timeout: 5000 }).toBe(40);
    expect(most).toBe(1);
  });

  it('does not call the store within the push', () => {
    const { target, batches } = scripted();
    const { recorder } = recorderOf(target, { maxBatchRecords: 1 });
    recorder.push(usageRecord());
    expect(batches).toEqual([]);
  });

  it('sends a failed batch again until the store has it', async () => {
    const { target, stored } = scripted(fails, fails);
    const { recorder, errors } = recorderOf(target);
    recorder.push(usageRecord({ id: 'a' }));
    await recorder.flush();
    expect([...stored]).toEqual(['a']);
    expect(errors.map(({ code }) => code)).toEqual(['store_failed', 'store_failed']);
  });

  it('sends a batch again that got no answer in time', async () => {
    const { target, stored } = scripted(hangs);
    const { recorder } = recorderOf(target, { appendTimeoutMs: 20 });
    recorder.push(usageRecord({ id: 'a' }));
    expect(await recorder.whenStored(['a'], 2000)).toEqual({ stored: 1, pending: 0 });
    expect([...stored]).toEqual(['a']);
  });

  it('rejects a flush where the store stays down, and stores the records once it is back', async () => {
    const { target, stored } = scripted(fails, fails, fails);
    const { recorder } = recorderOf(target);
    recorder.push(usageRecord({ id: 'a' }));
    await expect(recorder.flush()).rejects.toMatchObject({ code: 'store_failed' });
    expect(recorder.stats().queued).toBe(1);
    await recorder.flush();
    expect([...stored]).toEqual(['a']);
  });

  it('sets a refused record aside, names it, and stores the others', async () => {
    const { target, stored } = scripted(() => ({
      inserted: 1,
      duplicates: 0,
      rejected: [{ id: 'bad', error: new Error('too odd') }],
    }));
    const { recorder, errors } = recorderOf(target);
    for (const id of ['bad', 'good']) recorder.push(usageRecord({ id }));
    await expect(recorder.flush()).rejects.toMatchObject({ code: 'record_rejected' });
    expect([...stored]).toEqual(['good']);
    expect(errors).toEqual([{ code: 'record_rejected', id: 'bad' }]);
    expect(await recorder.whenStored(['bad', 'good'], 0)).toEqual({ stored: 1, pending: 0 });
    await recorder.flush();
  });

  it('rejects the next flush after a refusal, whenever that was, and only that one', async () => {
    const { target, stored } = scripted((batch) => ({
      inserted: 0,
      duplicates: 0,
      rejected: batch.map(({ id }) => ({ id, error: new Error('too odd') })),
    }));
    const { recorder } = recorderOf(target);
    recorder.push(usageRecord({ id: 'bad' }));
    expect(await recorder.whenStored(['bad'], 2000)).toEqual({ stored: 0, pending: 0 });
    recorder.push(usageRecord({ id: 'good' }));
    const flushes = await Promise.allSettled([recorder.flush(), recorder.flush()]);
    expect(flushes).toMatchObject([{ reason: { code: 'record_rejected' } }, { reason: { code: 'record_rejected' } }]);
    expect([...stored]).toEqual(['good']);
    await recorder.flush();
  });

  it.for([
    ['nothing', undefined],
    ['null', null],
    ['a number', 2],
    ['no counts', {}],
    ['fewer records than it was given', { inserted: 0, duplicates: 0 }],
    ['a count below nothing', { inserted: 3, duplicates: -1 }],
    ['the refusal of a record it was not given', { inserted: 1, duplicates: 0, rejected: [{ id: 'other' }] }],
    ['a refusal of nothing', { inserted: 1, duplicates: 0, rejected: [null] }],
  ] as const)('takes %s for no answer, sends again, and keeps to its memory', async ([, answer]) => {
    const { target } = scripted(...ids(3).map(() => () => answer as never));
    const { recorder, errors } = recorderOf(target, { maxBytes: 2 * 1024 });
    for (const id of ['a', 'b']) recorder.push(usageRecord({ id }));
    await expect(recorder.flush()).rejects.toMatchObject({ code: 'store_failed' });
    expect(recorder.stats()).toMatchObject({ stored: 0, queued: 2 });
    recorder.push(usageRecord({ id: 'c' }));
    expect(errors.at(-1)).toEqual({ code: 'record_dropped', id: 'c' });
    expect(await recorder.whenStored(['a', 'b'], 2000)).toEqual({ stored: 2, pending: 0 });
  });

  it('tells how long the oldest record waits, also for an answer of the store', async () => {
    const { target } = scripted(hangs);
    const { recorder } = recorderOf(target);
    const at = (seconds: number): Date => new Date(Date.now() - seconds * 1000);
    recorder.push(usageRecord({ id: 'a', endedAt: at(60) }));
    await recorder.whenStored(['a'], 20);
    expect(recorder.stats().oldestUnstoredMs).toBeGreaterThanOrEqual(60_000);
    recorder.push(usageRecord({ id: 'b', endedAt: at(30) }));
    expect(recorder.stats().oldestUnstoredMs).toBeGreaterThanOrEqual(60_000);
    recorder.push(usageRecord({ id: 'c', endedAt: at(90) }));
    expect(recorder.stats().oldestUnstoredMs).toBeGreaterThanOrEqual(90_000);
  });

  it('tells how long the oldest waits that is left, and nothing where none is', async () => {
    const answers = new Map<string | undefined, () => void>();
    const target: RecordTarget = {
      append: (batch) =>
        new Promise((resolve) => {
          answers.set(batch[0]?.id, () => resolve({ inserted: batch.length, duplicates: 0 }));
        }),
    };
    const { recorder } = recorderOf(target, { maxBatchRecords: 1 });
    expect(recorder.stats().oldestUnstoredMs).toBe(0);
    recorder.push(usageRecord({ id: 'a', endedAt: new Date(Date.now() - 60_000) }));
    recorder.push(usageRecord({ id: 'b', endedAt: new Date(Date.now() - 30_000) }));
    expect(recorder.stats().oldestUnstoredMs).toBeGreaterThanOrEqual(60_000);
    const answer = async (id: string): Promise<void> => {
      await expect.poll(() => answers.has(id)).toBe(true);
      answers.get(id)?.();
      await recorder.whenStored([id], 2000);
    };
    await answer('a');
    expect(recorder.stats().oldestUnstoredMs).toBeGreaterThanOrEqual(30_000);
    expect(recorder.stats().oldestUnstoredMs).toBeLessThan(60_000);
    await answer('b');
    expect(recorder.stats().oldestUnstoredMs).toBe(0);
  });

  it('looks at none of a long queue to tell it again', () => {
    const { target } = scripted(hangs);
    const { recorder } = recorderOf(target);
    const looks = { count: 0 };
    const endedAt = Object.assign(new Date(), {
      getTime() {
        looks.count += 1;
        return 1;
      },
    });
    for (let index = 0; index < 1000; index += 1) recorder.push(usageRecord({ id: `r${index}`, endedAt }));
    recorder.stats();
    expect(looks.count).toBe(1000);
    recorder.stats();
    recorder.push(usageRecord({ id: 'last', endedAt }));
    recorder.stats();
    expect(looks.count).toBe(1001);
  });

  it('tells the same of a record that was sent, failed, and waits behind a younger one', async () => {
    const { target } = scripted(fails);
    const { recorder } = recorderOf(target, { appendTimeoutMs: 20 });
    recorder.push(usageRecord({ id: 'a', endedAt: new Date(Date.now() - 60_000) }));
    await recorder.whenStored(['a'], 10);
    recorder.push(usageRecord({ id: 'b' }));
    expect(recorder.stats().oldestUnstoredMs).toBeGreaterThanOrEqual(60_000);
  });

  it('lets one record that makes the store throw hold no other one up', async () => {
    const stored = new Set<string>();
    const target: RecordTarget = {
      async append(batch) {
        if (batch.some(({ id }) => id === 'r7')) throw new Error('poison');
        for (const { id } of batch) stored.add(id);
        return { inserted: batch.length, duplicates: 0 };
      },
    };
    const { recorder } = recorderOf(target);
    for (const id of ids(20)) recorder.push(usageRecord({ id }));
    const others = ids(20).filter((id) => id !== 'r7');
    expect(await recorder.whenStored(others, 4000)).toEqual({ stored: 19, pending: 0 });
    expect(stored.size).toBe(19);
  });

  it('drops beyond its memory, and reports each drop with its record', async () => {
    const { target } = scripted(hangs);
    const { recorder, errors } = recorderOf(target, { maxBytes: 3 * 1024 });
    for (const id of ids(5)) recorder.push(usageRecord({ id }));
    expect(errors).toEqual([
      { code: 'record_dropped', id: 'r3' },
      { code: 'record_dropped', id: 'r4' },
    ]);
    expect(recorder.stats()).toMatchObject({ captured: 5, dropped: 2, queued: 3 });
  });

  it.for([
    ['raw usage', { rawUsage: { details: Array.from({ length: 10 }, () => ({ note: 'x'.repeat(1024) })) } }],
    ['tags', { attribution: { tags: { note: 'x'.repeat(10 * 1024) } } }],
  ] as const)('counts a record with large %s for what it is, until it is stored', async ([, large]) => {
    const { target } = scripted(hangs);
    const { recorder, errors } = recorderOf(target, { maxBytes: 16 * 1024, appendTimeoutMs: 20 });
    for (const id of ['a', 'b']) recorder.push(usageRecord({ id, ...large }));
    for (const id of ids(6)) recorder.push(usageRecord({ id }));
    // A kibibyte each would have been room for all of them.
    const dropped = () => errors.filter(({ code }) => code === 'record_dropped').map(({ id }) => id);
    expect(dropped()).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5']);
    expect(await recorder.whenStored(['a', 'b'], 4000)).toMatchObject({ stored: 2 });
    for (const id of ids(16)) recorder.push(usageRecord({ id: `later ${id}` }));
    expect(dropped().length).toBe(6);
  });

  it('keeps the memory of records that were sent and not answered yet', async () => {
    const { target } = scripted(hangs);
    const { recorder, errors } = recorderOf(target, { maxBytes: 2 * 1024 });
    for (const id of ['a', 'b']) recorder.push(usageRecord({ id }));
    await recorder.whenStored(['a'], 20);
    recorder.push(usageRecord({ id: 'c' }));
    expect(errors).toEqual([{ code: 'record_dropped', id: 'c' }]);
  });

  it('says at the deadline of close what is left, and takes nothing afterwards', async () => {
    const { target } = scripted(hangs);
    const { recorder, errors } = recorderOf(target);
    for (const id of ['a', 'b']) recorder.push(usageRecord({ id }));
    expect(await recorder.close({ timeoutMs: 20 })).toEqual({ left: 2 });
    expect(errors).toEqual([
      { code: 'record_dropped', id: 'a' },
      { code: 'record_dropped', id: 'b' },
    ]);
    recorder.push(usageRecord({ id: 'late' }));
    expect(errors.at(-1)).toEqual({ code: 'closed', id: 'late' });
  });

  it('drains on close, and again on a second close changes nothing', async () => {
    const { target, stored } = scripted(fails);
    const { recorder } = recorderOf(target, { flushIntervalMs: 10_000 });
    recorder.push(usageRecord({ id: 'a' }));
    expect(await recorder.close()).toEqual({ left: 0 });
    expect(await recorder.close()).toEqual({ left: 0 });
    expect([...stored]).toEqual(['a']);
  });
});

describe('a sink', () => {
  it('gets records after the store, and only stored ones', async () => {
    const seen: string[] = [];
    const { target, stored } = scripted(() => ({
      inserted: 1,
      duplicates: 0,
      rejected: [{ id: 'bad', error: new Error('no') }],
    }));
    const sink = {
      write: (records: readonly UsageRecord[]) => void seen.push(...records.map(({ id }) => `${id} ${stored.has(id)}`)),
    };
    const { recorder } = recorderOf(target, { sinks: [sink] });
    for (const id of ['bad', 'good']) recorder.push(usageRecord({ id }));
    await recorder.close();
    expect(seen).toEqual(['good true']);
  });

  it('that hangs holds neither the store nor the other sinks up', async () => {
    const seen: string[] = [];
    const { target, stored } = scripted();
    const { recorder } = recorderOf(target, {
      sinks: [{ write: hangs }, { write: (records) => void seen.push(...records.map(({ id }) => id)) }],
    });
    recorder.push(usageRecord({ id: 'a' }));
    await recorder.flush();
    recorder.push(usageRecord({ id: 'b' }));
    await recorder.flush();
    await recorder.close({ timeoutMs: 50 });
    expect([...stored]).toEqual(['a', 'b']);
    expect(seen).toEqual(['a', 'b']);
  });

  it('that fails gets the same records again', async () => {
    const seen: string[][] = [];
    const { target } = scripted();
    const write = (records: readonly UsageRecord[]): void => {
      seen.push(records.map(({ id }) => id));
      if (seen.length === 1) throw new Error('not now');
    };
    const { recorder, errors } = recorderOf(target, { sinks: [{ write }] });
    recorder.push(usageRecord({ id: 'a' }));
    await recorder.close();
    expect(seen).toEqual([['a'], ['a']]);
    expect(errors).toEqual([]);
  });
});
