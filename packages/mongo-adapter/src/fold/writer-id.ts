const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A short random name for a writer: it becomes a field name in the documents of users, so each letter counts. The
 * registry, which never forgets one, makes it unique.
 */
export function newWriterId(): string {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(6));
  return [...bytes].map((byte) => letters[byte % letters.length]).join('');
}
