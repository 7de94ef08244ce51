/**
 * Builds a source of time-ordered ids: UUID version 7, which grows also within one millisecond.
 *
 * The random part is drawn anew for every id, so that a process restored twice from one snapshot makes no id twice.
 */
export function createRecordIds(randomUuid: () => string = () => globalThis.crypto.randomUUID()): (at: Date) => string {
  let lastMs = 0;
  let counter = 0;
  return (at) => {
    const nowMs = at.getTime();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      counter = 0;
    } else {
      counter += 1;
      // A clock that stands or goes back borrows from the next millisecond.
      if (counter > 0xfff) {
        lastMs += 1;
        counter = 0;
      }
    }
    const time = lastMs.toString(16).padStart(12, '0');
    const random = randomUuid();
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${random.slice(19)}`;
  };
}
