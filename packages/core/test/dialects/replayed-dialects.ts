import { readFileSync } from 'node:fs';
import { dialects } from '../normalize/dialect-fixtures.ts';
import type { Dialect } from '../normalize/dialect-fixtures.ts';
import { rareDialects } from './rare-dialects.ts';

/** A dialect with the body its provider sends to those who ask for usage. */
export interface ReplayedDialect extends Omit<Dialect, 'path'> {
  readonly body: string;
}

/** The recorded dialects, and behind them the shapes that nobody's recording has. */
export const replayedDialects: readonly ReplayedDialect[] = [
  ...dialects.map((dialect) => ({ ...dialect, body: readFileSync(dialect.path, 'utf8') })),
  ...rareDialects,
];
