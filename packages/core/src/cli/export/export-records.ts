import { readRecords } from '../../storage/sqlite/read/read-records.ts';
import { checkRecordsQuery } from '../../storage/usage-query.ts';
import type { RecordsQuery } from '../../storage/usage-store.ts';
import { commandOptions, requiredText, wholeNumber } from '../command-options.ts';
import { print } from '../cli-io.ts';
import type { CliIo, ExitCode } from '../cli-io.ts';
import { openStoreFile } from '../store-file.ts';
import { writeRecords } from './write-records.ts';

const exportHelp = `Usage: kilotoken export --store FILE [--user ID] [--after CURSOR] [--limit N]

Writes records to stdout, one JSON object per line, in the order the store received them. Every line ends with its
cursor; pass the last one you kept as --after, and you get each record once, including late ones.

  --store FILE     the SQLite file of sqliteStore
  --user ID        only records of this user
  --after CURSOR   only records that arrived after this one
  --limit N        at most N records

At the end, stderr shows the number of records and the last cursor.
Exit code: 0 done (also if the reader closed the pipe), 1 the store failed, 2 invalid arguments or no such store.
`;

/** `kilotoken export`. */
export async function exportRecords(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const given = commandOptions(args, { store: 'text', user: 'text', after: 'text', limit: 'text' });
  if (given.help === true) {
    await print(io.stdout, exportHelp);
    return 0;
  }
  const path = requiredText('store', given.store);
  const limit = wholeNumber('limit', given.limit, 0);
  const query: RecordsQuery = {
    ...(given.user === undefined ? {} : { userId: requiredText('user', given.user) }),
    ...(typeof given.after === 'string' ? { after: given.after } : {}),
    ...(limit === undefined ? {} : { limit }),
  };
  checkRecordsQuery(query);
  const file = openStoreFile(path);
  try {
    await writeRecords(readRecords(query, file), query.after, io);
    return 0;
  } finally {
    file.close();
  }
}
