import { countRecords, eraseUser } from '../storage/sqlite/erase-user.ts';
import { schemaVersion } from '../storage/sqlite/schema.ts';
import { MeterError } from '../errors.ts';
import { commandOptions, requiredText } from './command-options.ts';
import { print } from './cli-io.ts';
import type { CliIo, ExitCode } from './cli-io.ts';
import { emptyLog } from './empty-log.ts';
import { recordCount } from './record-count.ts';
import { rewriteFile } from './rewrite-file.ts';
import { openStoreFile } from './store-file.ts';
import { visible } from './terminal-text.ts';

const eraseHelp = `Usage: kilotoken erase --store FILE --user ID [--no-rewrite] [--dry-run]

Takes a person out of the store. The records of the user stay as records without a user: user, conversation, message
and tags go, and the ids by which the provider knows the answers. Totals of everything and of tenants stay the same.
Then the file is written anew, which takes as much space again, so that no trace is left in it. Apps may go on; what
they write waits meanwhile, for a million records ten seconds or more.

  --store FILE   the SQLite file of sqliteStore
  --user ID      whose records
  --no-rewrite   does not write the file anew: quick, but copies that SQLite once left behind stay in it
  --dry-run      only says how many there are

Not reached: what is on its way in a journal, what sinks and exports have, and backups.
Exit code: 0 done, 1 the store failed or a reader kept the log from being emptied, 2 wrong usage or no such store.
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
      throw new MeterError('unsupported', `--store "${path}" was written by a newer release; erase with that one`);
    }
    file.database.exec('PRAGMA query_only = OFF');
    // What is taken out is overwritten where it lay.
    file.database.exec('PRAGMA secure_delete = ON');
    const erased = eraseUser(userId, file.prepare, file.database);
    await print(io.stdout, `user "${visible(userId)}" is erased: ${recordCount(erased)} without a user now\n`);
    if (given['no-rewrite'] !== true) rewriteFile(file.prepare, file.database);
    if (await emptyLog(file.prepare)) return 0;
    await print(
      io.stderr,
      'kilotoken erase: another process reads the log, so old pages are still in it; run it again\n',
    );
    return 1;
  } finally {
    file.close();
  }
}
