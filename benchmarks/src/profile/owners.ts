/** Whose the time is that a profile shows. Of core by file; the first that fits. */
const scripts: readonly (readonly [owner: string, url: RegExp])[] = [
  ['the SDK', /\/node_modules\/openai\//],
  ["Node's fetch", /^node:internal\/deps\/undici/],
  ["Node's fetch", /^wasm:/],
  ["Node's web streams", /^node:internal\/webstreams/],
  ["Node's streams", /^node:(?:internal\/streams|stream)/],
  ["Node's sockets", /^node:(?:net|internal\/stream_base_commons|_http|_tls)/],
  ["Node's queues and hooks", /^node:/],
];
const core = /\/packages\/core\/src\/(.*)$/;

/** Not JavaScript: what V8 names instead of a function. */
const natives: ReadonlyMap<string, string> = new Map([
  ['(garbage collector)', 'collector of garbage'],
  ['(program)', 'native code: sockets and the loop'],
]);

/**
 * Whose a function is.
 *
 * @returns `undefined` for what is native and belongs to whoever called it.
 */
export function ownerOf(functionName: string, url: string): string | undefined {
  const native = natives.get(functionName);
  if (native !== undefined) return native;
  if (url === '') return undefined;
  const file = core.exec(url)?.[1];
  if (file !== undefined) return `core: ${file}`;
  return scripts.find(([, pattern]) => pattern.test(url))?.[0] ?? 'the app';
}
