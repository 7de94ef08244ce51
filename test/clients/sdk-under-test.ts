import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as newest from 'openai';

/** A version of the `openai` package; all of them are used through the types of the newest. */
export type Sdk = typeof newest;

/** One version of the SDK, in one of its two module formats. */
export interface SdkUnderTest {
  /** Name it is installed under. */
  readonly alias: string;
  readonly version: string;
  readonly major: number;
  readonly format: 'esm' | 'cjs';
  readonly sdk: Sdk;
}

/** The newest version of each major, the newest first. */
export const newestAliases: readonly string[] = ['openai', 'openai-v6', 'openai-v5', 'openai-v4'];

/** The oldest and one from the middle of each major. */
export const olderAliases: readonly string[] = [
  'openai-7-30',
  'openai-7-0',
  'openai-6-20',
  'openai-6-0',
  'openai-5-10',
  'openai-5-0',
  'openai-4-52',
  'openai-4-0',
];

/** Loads one version. Both formats of one version can live in one process. */
export async function loadSdk(alias: string, format: 'esm' | 'cjs'): Promise<SdkUnderTest> {
  const require = createRequire(import.meta.url);
  // openai 7 does not export its package.json.
  const manifest = readFileSync(join(dirname(require.resolve(alias)), 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { readonly version: string };
  const sdk = format === 'cjs' ? (require(alias) as Sdk) : ((await import(alias)) as Sdk);
  return { alias, version, major: Number.parseInt(version, 10), format, sdk };
}
