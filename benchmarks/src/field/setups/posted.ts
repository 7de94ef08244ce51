import { gunzipSync } from 'node:zlib';

/** One request that arrived at the sink. */
export interface Posted {
  readonly path: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** The body, base64. */
  readonly body: string;
}

/** Asks the sink for what arrived under this base since the last time. */
export async function posted(sinkUrl: string): Promise<readonly Posted[]> {
  const response = await fetch(`${sinkUrl}/taken`, { method: 'DELETE' });
  return (await response.json()) as Posted[];
}

/** The body of a request as text, unpacked. */
export function textOf({ body, contentEncoding }: Posted): string {
  const bytes = Buffer.from(body, 'base64');
  return (
    contentEncoding === 'gzip' || (bytes[0] === 0x1f && bytes[1] === 0x8b) ? gunzipSync(bytes) : bytes
  ).toString();
}
