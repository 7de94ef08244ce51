import { appendFileSync } from 'node:fs';

/** One row of a table: what it is about, and figures. */
export type Row = Readonly<Record<string, string | number | boolean>>;

/** A table as it stands in the file of results. */
export interface ResultTable {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What one benchmark gave. */
export interface BenchmarkResult {
  readonly name: string;
  readonly seconds: number;
  /** 0 where it ended well. */
  readonly exitCode: number | null;
  readonly tables: readonly ResultTable[];
  /** All that it printed. */
  readonly text: string;
}

/** A run of all benchmarks: what `--json` writes. */
export interface Results {
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly system: string;
    readonly node: string;
  };
  /** Of this project and of all that it is compared with. */
  readonly versions: Readonly<Record<string, string>>;
  readonly benchmarks: BenchmarkResult[];
}

/** The runner names a file here where it was asked for JSON; one table a line. */
export const tablesFileVariable = 'KILOTOKEN_BENCH_TABLES';

/** Prints a table, and hands it to the runner where that was asked for JSON. Figures are rounded to be read. */
export function reportTable(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  console.table(
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, rounded(cell)]))),
  );
  handOver(title, rows);
}

/** Hands a table to the runner without printing it: for benchmarks that print their figures in words. */
export function handOver(title: string, rows: readonly Row[]): void {
  const path = process.env[tablesFileVariable];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ title, rows } satisfies ResultTable)}\n`);
}

function rounded(cell: Row[string]): Row[string] {
  if (typeof cell !== 'number' || Number.isInteger(cell)) return cell;
  return Number(cell.toPrecision(Math.abs(cell) >= 100 ? 4 : 3));
}
