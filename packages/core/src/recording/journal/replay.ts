import { MeterError } from '../../errors.ts';
import { nextTurn } from '../../node/next-turn.ts';
import type { UsageRecord } from '../usage-record.ts';
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

type Replaying = AsyncGenerator<ReplayedRecords, void, undefined>;

/** What is known of records that were foreseen and have not come in the files read so far, and what keeps those files. */
interface Foreseen {
  readonly records: Map<string, UsageRecord>;
  readonly release: (() => void)[];
}

/** Returns the replay of {@link Journal}, which remembers what it has replayed. */
export function createReplay(folder: JournalFolder, onError: (error: MeterError) => void): () => Replaying {
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
    for (const whose of new Set(segments.map((segment) => segment.owner))) {
      const its = segments.filter((segment) => segment.owner === whose && !leftAlone.has(segment.file));
      yield* leftBy(whose === owner ? its.filter(({ isOrphan }) => isOrphan) : its, includesLiving);
    }
    tidyLocks();
  };

  /** What one owner left. A record that was foreseen may stand in any later file: only behind all is known whether it came. */
  async function* leftBy(segments: readonly SegmentName[], includesLiving: boolean): Replaying {
    const foreseen: Foreseen = { records: new Map(), release: [] };
    let isWhole = true;
    let isDead: boolean | undefined;
    for (const { file, isOrphan } of segments) {
      try {
        if (isOrphan || (isDead ??= isOwnerDead(segments))) yield* portionsOf(taken(file), true, foreseen);
        else if (includesLiving) yield* portionsOf(file, false, foreseen);
      } catch (error) {
        isWhole = false;
        report('journal_failed', `${file} could not be read; it will be tried again`, error);
      }
    }
    if (!isWhole) return;
    const records = [...foreseen.records.values()];
    const done = once(() => {
      for (const release of foreseen.release) release();
    });
    if (records.length > 0) yield { records, done };
    else done();
  }

  async function* portionsOf(file: string, isDead: boolean, foreseen: Foreseen): Replaying {
    const reader = createSegmentReader(folder, file, storedBytes.get(orphanOf(file)));
    if (reader === undefined) return;
    /** What was yielded, and the reading itself. */
    let open = 1;
    const release = (): void => {
      open -= 1;
      if (open > 0) return;
      const isDamaged = reader.faults().badLines > 0;
      if (isDead) discard(file, isDamaged);
      // One that is damaged, or has records that only its owner can still write, is read whole again when he is dead.
      else if (!isDamaged && reader.foreseen().length === 0) storedBytes.set(orphanOf(file), reader.position());
    };
    try {
      let isAtEnd = false;
      while (!isAtEnd) {
        const records = reader.read(portionRecords);
        isAtEnd = records.length < portionRecords;
        if (records.length > 0) {
          for (const { id } of records) foreseen.records.delete(id);
          open += 1;
          yield { records, done: once(release) };
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
      const unmet = isDead ? reader.foreseen() : [];
      for (const record of unmet) foreseen.records.set(record.id, record);
      if (unmet.length > 0) foreseen.release.push(release);
      else release();
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

  function isOwnerDead(segments: readonly SegmentName[]): boolean {
    const verdict = verdictOn(segments[0]?.owner ?? '');
    if (verdict !== 'unknown') return verdict === 'free';
    return segments.every(({ file }) => {
      const changedAt = fs.statSync(folder.pathOf(file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      // A time in the future is as wrong as one long ago.
      return Math.abs(Date.now() - changedAt) > idleMs;
    });
  }

  function verdictOn(whom: string): LockVerdict {
    const path = folder.pathOf(lockFile(whom));
    // SQLite would make the file.
    return fs.existsSync(path) ? probeLock(path) : 'unknown';
  }

  /** From here on its owner, should he live, finds the name gone after his next write and writes that record elsewhere. */
  function taken(file: string): string {
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
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    onError(new MeterError(code, `journal "${folder.path}": ${problem}${reason}`, { cause }));
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
