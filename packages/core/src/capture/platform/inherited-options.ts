/**
 * Options of a request that were changed, made of the host's own and of what these inherit: those of a class have getters,
 * and `fetch(url, request)` takes a `Request` for its options.
 *
 * @param changed - A copy of what `options` has itself, with the changes.
 */
export function withInherited<Options extends object>(options: Options, changed: Options): Options {
  const kind: unknown = Object.getPrototypeOf(options);
  if (kind === Object.prototype || kind === null) return changed;
  return new Proxy(changed, {
    get: (own, key) => (Object.hasOwn(own, key) ? Reflect.get(own, key) : Reflect.get(options, key)) as unknown,
    has: (own, key) => key in own || key in options,
    getPrototypeOf: () => kind as object,
  });
}
