/** A published package as it lies on disk after `npm pack`. */
export interface PackedPackage {
  readonly name: string;
  /** Absolute path of the `.tgz`. */
  readonly tarball: string;
  /** Absolute path of the folder it was packed from. */
  readonly folder: string;
  /** Paths inside the tarball. */
  readonly files: readonly string[];
  /** What an app can import with types: `@kilotoken/core`, `@kilotoken/core/testing`, … */
  readonly typedSubpaths: readonly string[];
  /** What an app can import for its effect alone: `@kilotoken/react-widget/styles.css`. */
  readonly styleSheets: readonly string[];
}

/** Import names of the style sheets in `exports`. */
export function styleSheets(manifest: unknown): readonly string[] {
  const { name, exports = {} } = manifest as { name: string; exports?: Record<string, unknown> };
  return Object.keys(exports)
    .filter((subpath) => isStyleSheet.test(subpath))
    .map((subpath) => name + subpath.slice(1));
}

const isStyleSheet = /\.css$/;

/**
 * Import names of the modules in `exports` that have declarations: no style sheets, locales or manifests.
 *
 * @throws Error where the manifest has no `exports` or none of them is typed.
 */
export function typedSubpaths(manifest: unknown): readonly string[] {
  const { name, exports = {} } = manifest as { name: string; exports?: Record<string, unknown> };
  const typed = Object.entries(exports).filter(([subpath, target]) => hasTypes(target) && !isStyleSheet.test(subpath));
  if (typed.length === 0) throw new Error(`${name} exports nothing with types`);
  return typed.map(([subpath]) => name + subpath.slice(1));
}

function hasTypes(target: unknown): boolean {
  if (typeof target !== 'object' || target === null) return false;
  return 'types' in target || Object.values(target).some(hasTypes);
}
