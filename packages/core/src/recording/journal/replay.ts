import { MeterError } from '../../errors.ts';
import { nextTurn } from '../../node/next-turn.ts';
import { isMissing } from './journal-folder.ts';
import type { JournalFolder } from './journal-folder.ts';
import type { ReplayedRecords } from './journal.ts';
import { probeLock, removeFreeLock } from './owner-lock.ts';
import type { LockVerdict } from './owner-lock.ts';
import { damagedOf, lockFile, orphanOf, parseLockName, parseSegmentName } from './segment-name.ts';
import type { SegmentName } from './segment-name.ts';
import { createSegmentReader } from './segment-reader.ts';

const portionRecords = 200;
/**
 * Where locks cannot tell, an owner counts as dead after so long without a record. A wrong guess costs him a new file and
 * the store some duplicates, nothing more, so the clock may jump and no heartbeat is needed.
 */
const idleMs = 60_000;

/** Returns the replay of {@link Journal}, which remembers what it has replayed. */
export function createReplay(
  folder: JournalFolder,
  onError: (error: MeterError) => void,
): () => AsyncGenerator<ReplayedRecords, void, undefined> {
  const { fs, owner } = folder;
  /** How far the files of living owners were stored. */
  const storedBytes = new Map<string, number>();
  /** Files that were reported and are left alone. */
  const leftAlone = new Set<string>();
  let isFirst = true;

  return async function* replay() {
    const includesLiving = isFirst;
    isFirst = false;
    const segments = list().flatMap((file) => parseSegmentName(file) ?? []);
    const present = new Set(segments.map(({ file }) => orphanOf(file)));
    for (const key of storedBytes.keys()) if (!present.has(key)) storedBytes.delete(key);
    const verdicts = new Map<string, LockVerdict>();
    for (const segment of segments) {
      if ((segment.owner === owner && !segment.isOrphan) || leftAlone.has(segment.file)) continue;
      try {
        const isDead = segment.isOrphan || isOwnerDead(segment, verdicts);
        if (isDead || includesLiving) yield* portionsOf(isDead ? taken(segment) : segment.file, isDead);
      } catch (error) {
        report('journal_failed', `${segment.file} could not be read; it will be tried again`, error);
      }
    }
    tidyLocks();
  };

  async function* portionsOf(file: string, isDead: boolean): AsyncGenerator<ReplayedRecords, void, undefined> {
    const reader = createSegmentReader(folder, file, storedBytes.get(orphanOf(file)));
    if (reader === undefined) return;
    let open = 0;
    let isAtEnd = false;
    const finish = (): void => {
      if (!isAtEnd || open > 0) return;
      const isDamaged = reader.faults().badLines > 0;
      if (isDead) discard(file, isDamaged);
      // One that is damaged, or has records that only its owner can still write, is read whole again when he is dead.
      else if (!isDamaged && reader.foreseen().length === 0) storedBytes.set(orphanOf(file), reader.position());
    };
    try {
      while (!isAtEnd) {
        const read = reader.read(portionRecords);
        isAtEnd = read.length < portionRecords;
        const records = isAtEnd && isDead ? [...read, ...reader.foreseen()] : read;
        if (records.length > 0) {
          let isDone = false;
          open += 1;
          yield {
            records,
            done() {
              if (isDone) return;
              isDone = true;
              open -= 1;
              finish();
            },
          };
          // oxlint-disable-next-line no-await-in-loop -- lets the host's own work in between
          await nextTurn();
        }
      }
      const { badLines, tornBytes, newerVersion } = reader.faults();
      if (newerVersion !== undefined) {
        leftAlone.add(file);
        report('unsupported', `${file} has format ${newerVersion}, written by a newer release; it was left untouched`);
        return;
      }
      if (badLines > 0) report('journal_failed', `${badLines} damaged lines of ${file} were skipped`);
      if (isDead && tornBytes > 0)
        report('journal_failed', `${tornBytes} bytes of an incomplete write were skipped in ${file}`);
      finish();
    } finally {
      reader.close();
    }
  }

  function list(): readonly string[] {
    try {
      return fs.readdirSync(folder.path).toSorted();
    } catch (error) {
      if (!isMissing(error)) report('journal_failed', 'the folder could not be read', error);
      return [];
    }
  }

  function isOwnerDead(segment: SegmentName, verdicts: Map<string, LockVerdict>): boolean {
    const verdict = verdicts.get(segment.owner) ?? verdictOn(segment.owner);
    verdicts.set(segment.owner, verdict);
    if (verdict !== 'unknown') return verdict === 'free';
    const changedAt = fs.statSync(folder.pathOf(segment.file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    // A time in the future is as wrong as one long ago.
    return Math.abs(Date.now() - changedAt) > idleMs;
  }

  function verdictOn(whom: string): LockVerdict {
    const path = folder.pathOf(lockFile(whom));
    // SQLite would make the file.
    return fs.existsSync(path) ? probeLock(path) : 'unknown';
  }

  /** From here on its owner, should he live, finds the name gone after his next write and writes that record elsewhere. */
  function taken({ file }: SegmentName): string {
    const orphan = orphanOf(file);
    try {
      if (orphan !== file) fs.renameSync(folder.pathOf(file), folder.pathOf(orphan));
    } catch (error) {
      // Somebody else was first: both replay it, or it is gone because he is through.
      if (!isMissing(error)) throw error;
    }
    return orphan;
  }

  function discard(file: string, isDamaged: boolean): void {
    try {
      if (isDamaged) fs.renameSync(folder.pathOf(file), folder.pathOf(damagedOf(file)));
      else folder.remove(file);
    } catch (error) {
      if (!isMissing(error)) report('journal_failed', `${file} could not be removed`, error);
    }
  }

  /** Deletes the locks of the dead who have left nothing. */
  function tidyLocks(): void {
    const files = list();
    const needed = new Set(files.map((file) => parseSegmentName(file)?.owner));
    for (const file of files) {
      const whose = parseLockName(file);
      if (whose === undefined || whose === owner || needed.has(whose)) continue;
      try {
        removeFreeLock(folder.pathOf(file), () => fs.rmSync(folder.pathOf(file), { force: true }));
      } catch (error) {
        report('journal_failed', `${file} could not be removed`, error);
      }
    }
  }

  function report(code: 'journal_failed' | 'unsupported', problem: string, cause?: unknown): void {
    onError(new MeterError(code, `journal "${folder.path}": ${problem}`, { cause }));
  }
}
