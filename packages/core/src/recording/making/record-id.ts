/**
 * Builds a source of time-ordered ids: UUID version 7, which grows also within one millisecond.
 *
 * The random part is drawn anew for every id, so that a process restored twice from one snapshot makes no id twice.
 */
export function createRecordIds(): (at: Date) => string {
  let lastMs = 0;
  let counter = 0;
  /** The time as the id shows it, made once per millisecond. */
  let time = '';
  return (at) => {
    const nowMs = at.getTime();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = 0;
      time = timeText(lastMs);
    } else {
      counter += 1;
      // A clock that stands or goes back borrows from the next millisecond.
      if (counter > 0xfff) {
        lastMs += 1;
        counter = 0;
        time = timeText(lastMs);
      }
    }
    // Put together a text stays a tree of its pieces, until somebody looks for it in a map; `join` makes it flat, and takes
    // three times as long.
    return `${time}-${counter === 0 ? '7000' : (0x7000 + counter).toString(16)}-${globalThis.crypto.randomUUID().slice(19)}`;
  };
}

function timeText(ms: number): string {
  const digits = ms.toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

/**
 * The id of the record of something that has an id of its own at the provider: the same in every process, so that
 * stores keep one of several.
 */
export function objectRecordId(origin: string, ...names: readonly string[]): string {
  return [origin, ...names].join('/');
}
