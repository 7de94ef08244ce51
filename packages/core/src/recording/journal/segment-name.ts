/** What the name of a file in the folder tells. */
export interface SegmentName {
  readonly file: string;
  /** Random per journal and process, never used again. */
  readonly owner: string;
  /** Taken from its owner by somebody who held him for dead: whatever he still writes there is not acknowledged. */
  readonly isOrphan: boolean;
}

const pattern = /^\d{14}-([0-9a-f]{32})\.(journal|orphan)$/;

/** Names sort by time. */
export function segmentFile(startedMs: number, owner: string): string {
  return `${startedMs.toString().padStart(14, '0')}-${owner}.journal`;
}

export function parseSegmentName(file: string): SegmentName | undefined {
  const match = pattern.exec(file);
  return match?.[1] === undefined ? undefined : { file, owner: match[1], isOrphan: match[2] === 'orphan' };
}

/** What the file is called after somebody took it from its owner. */
export function orphanOf(file: string): string {
  return file.replace(/\.journal$/, '.orphan');
}

/** What the file is called after its good records were stored and the bad lines are kept for a look. */
export function damagedOf(file: string): string {
  return file.replace(/\.(journal|orphan)$/, '.damaged');
}

export function lockFile(owner: string): string {
  return `${owner}.lock`;
}

/** The owner a lock file belongs to; undefined for other files. */
export function parseLockName(file: string): string | undefined {
  return /^([0-9a-f]{32})\.lock$/.exec(file)?.[1];
}
