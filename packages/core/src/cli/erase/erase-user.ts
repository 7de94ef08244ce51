import { countRecords, eraseUser } from '../../storage/sqlite/write/erase-user.ts';
import { schemaVersion } from '../../storage/sqlite/schema.ts';
import { MeterError } from '../../errors.ts';
import { commandOptions, requiredText } from '../command-options.ts';
import { print } from '../cli-io.ts';
import type { CliIo, ExitCode } from '../cli-io.ts';
import { emptyLog } from './empty-log.ts';
import { recordCount } from '../record-count.ts';
import { rewriteFile } from './rewrite-file.ts';
import { openStoreFile } from '../store-file.ts';
import { visible } from '../terminal-text.ts';

const eraseHelp = `Usage: kilotoken erase --store FILE --user ID [--no-rewrite] [--dry-run]

Removes a user from the store. The records stay, but without the user: their user, conversation and message ids, their
tags and the provider's ids of the answers are removed. The overall totals and those of tenants stay the same.
Then the file is rewritten so that no trace is left in it; this needs as much free disk space as the file itself. Apps
can keep running: their writes wait until it is done, ten seconds or more for a million records.

  --store FILE   the SQLite file of sqliteStore
  --user ID      the user to remove
  --no-rewrite   do not rewrite the file: faster, but copies that SQLite left behind earlier stay in it
  --dry-run      only show how many records the user has

Not covered: records still in a journal, what sinks and exports have received, and backups.
Exit code: 0 done, 1 the store failed or a reader kept the log from being emptied, 2 invalid arguments or no such store.
`;

/** `kilotoken erase`: the one command that writes. */
export async function eraseUserRecords(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const given = commandOptions(args, { store: 'text', user: 'text', 'no-rewrite': 'flag', 'dry-run': 'flag' });
  if (given.help === true) {
    await print(io.stdout, eraseHelp);
    return 0;
  }
  const path = requiredText('store', given.store);
  const userId = requiredText('user', given.user);
  const file = openStoreFile(path);
  try {
    if (given['dry-run'] === true) {
      await print(io.stdout, `user "${visible(userId)}" has ${recordCount(countRecords(userId, file.prepare))}\n`);
      return 0;
    }
    if (file.schemaVersion !== schemaVersion) {
      // There may be columns this release does not know.
      throw new MeterError(
        'unsupported',
        `--store "${path}" was written by a newer release; use that release to erase`,
      );
    }
    file.database.exec('PRAGMA query_only = OFF');
    // What is taken out is overwritten where it lay.
    file.database.exec('PRAGMA secure_delete = ON');
    const erased = eraseUser(userId, file.prepare, file.database);
    await print(io.stdout, `user "${visible(userId)}" is erased: ${recordCount(erased)} kept without a user\n`);
    if (given['no-rewrite'] !== true) rewriteFile(file.prepare, file.database);
    if (await emptyLog(file.prepare)) return 0;
    await print(
      io.stderr,
      'kilotoken erase: another process is reading the write-ahead log, so old pages are still in it; run erase again\n',
    );
    return 1;
  } finally {
    file.close();
  }
}
