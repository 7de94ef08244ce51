/**
 * A weak tag of a text: weak, because two answers with the same tag differ in when they were read.
 *
 * SHA-256 cut to 128 bits, so that nobody can find two texts with one tag.
 */
export async function entityTag(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return `W/"${[...new Uint8Array(digest, 0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}"`;
}

/** Says whether `If-None-Match` names the tag, by the weak comparison of RFC 9110 section 8.8.3.2. */
export function namesTag(ifNoneMatch: string | null, tag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  // Proxies that compress append to the tag inside its quotes (`-gzip`), and leave it so when they ask again.
  return ifNoneMatch.split(',').some((named) => opaque(named) === opaque(tag));
}

function opaque(tag: string): string {
  return tag
    .trim()
    .replace(/^W\//, '')
    .replace(/-(gzip|br|zstd|deflate)"$/, '"');
}
