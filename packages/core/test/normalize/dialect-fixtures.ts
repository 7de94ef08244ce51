import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenUsage } from '../../src/normalize/token-usage.ts';

/** One recorded answer of one provider, with the usage it reports. */
export interface Dialect {
  readonly name: string;
  readonly form: 'sse' | 'json';
  readonly path: string;
  /** The kind of endpoint it is an answer of. */
  readonly surface: string;
  /** False where the body is what the provider sends without `stream_options`. */
  readonly asked: boolean;
  /** The client throws while reading the body. */
  readonly sdkThrows: boolean;
  readonly expected: TokenUsage;
  readonly audioSeconds: number | undefined;
  /** In USD, where the provider says it. */
  readonly cost: number | undefined;
}

interface Expectation {
  readonly surface: string;
  readonly asked: boolean;
  readonly sdkThrows?: boolean;
  readonly audioSeconds?: number;
  readonly sse?: TokenUsage & { readonly cost?: number };
  readonly json?: TokenUsage & { readonly cost?: number };
}

const folder = join(import.meta.dirname, '../fixtures/dialects');
const expectations = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expectation>;

/** Bodies of provider dialects: values are invented, shapes follow the sources that README.md beside them names. */
export const dialects: readonly Dialect[] = Object.entries(expectations).flatMap(([name, of]) =>
  (['sse', 'json'] as const).flatMap((form) => {
    const path = join(folder, `${name}.${form}`);
    const expectation = of[form];
    if (expectation === undefined || !existsSync(path)) return [];
    const { cost, ...expected } = expectation;
    return [
      {
        name,
        form,
        path,
        surface: of.surface,
        asked: of.asked,
        sdkThrows: of.sdkThrows ?? false,
        expected,
        audioSeconds: of.audioSeconds,
        cost,
      },
    ];
  }),
);
