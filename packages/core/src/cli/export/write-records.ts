import type { UsageRecord } from '../../recording/usage-record.ts';
import { print, printData } from '../cli-io.ts';
import type { CliIo } from '../cli-io.ts';
import { recordCount } from '../record-count.ts';

/** Lines are handed on in pieces of this size. */
const chunkLength = 64 * 1024;

/**
 * Writes records to stdout, one JSON object per line, and then to stderr how many there were and the last cursor.
 *
 * @param after - The cursor of the last record that was read before; the last one still, where there are no more.
 */
export async function writeRecords(
  records: AsyncIterable<UsageRecord & { readonly cursor: string }>,
  after: string | undefined,
  { stdout, stderr }: Pick<CliIo, 'stdout' | 'stderr'>,
): Promise<void> {
  let lines = '';
  let count = 0;
  let cursor = after;
  for await (const record of records) {
    lines += `${JSON.stringify(record)}\n`;
    count += 1;
    cursor = record.cursor;
    if (lines.length < chunkLength) continue;
    if (!(await printData(stdout, lines))) return;
    lines = '';
  }
  // Said only once the reader has it all: a cursor beyond what he has would skip records.
  if (!(await printData(stdout, lines))) return;
  const end = cursor === undefined ? '' : `, last cursor ${cursor}`;
  await print(stderr, `${recordCount(count)}${end}\n`);
}
