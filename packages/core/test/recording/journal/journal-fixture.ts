import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { MeterError } from '../../../src/errors.ts';
import { createJournal } from '../../../src/recording/journal/create-journal.ts';
import type { JournalOptions } from '../../../src/recording/journal/journal-options.ts';
import type { Journal } from '../../../src/recording/journal/journal.ts';
import type { UsageRecord } from '../../../src/recording/usage-record.ts';

/** A path for a journal, in a folder that goes when the test has ended. */
export function journalPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kilotoken-journal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'usage', 'journal');
}

/** A journal that is closed when the test has ended, and what it reported. */
export function openJournal(path: string, options: Partial<JournalOptions> = {}): Journal & { errors: MeterError[] } {
  const errors: MeterError[] = [];
  const journal = createJournal({ path, ...options }, (error) => errors.push(error));
  onTestFinished(() => journal.close());
  return { ...journal, errors };
}

/** Stores all that can be replayed, and returns it. */
export async function replayAll(journal: Journal): Promise<UsageRecord[]> {
  const all: UsageRecord[] = [];
  for await (const { records, done } of journal.replay()) {
    all.push(...records);
    done();
  }
  return all;
}

/** The ids of what can be replayed, sorted. */
export async function replayIds(journal: Journal): Promise<string[]> {
  return idsOf(await replayAll(journal));
}

export function idsOf(records: readonly UsageRecord[]): string[] {
  return records.map(({ id }) => id).toSorted();
}

/** The names in the folder that end so; none where there is no folder. */
export function filesOf(path: string, extension = ''): string[] {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(path).filter((file) => file.endsWith(extension));
}

/** Makes the segments look as if their owners had written nothing for long. */
export function ageSegments(path: string): void {
  for (const file of filesOf(path, '.journal')) {
    try {
      utimesSync(join(path, file), 0, 0);
    } catch {
      // Its owner, or who took it, was faster.
    }
  }
}

/** Makes all owners look dead to the others, as they do from where locks do not reach and after long silence. */
export function hideOwners(path: string): void {
  for (const file of filesOf(path, '.lock')) rmSync(join(path, file), { force: true });
  ageSegments(path);
}
