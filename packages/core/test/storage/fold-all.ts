import { createConnection } from '../../src/storage/sqlite/connection.ts';
import { foldHours } from '../../src/storage/sqlite/write/fold-hours.ts';

/** Takes all records of a file into its hours, as another process would: it has to read them. */
export async function foldAll(path: string): Promise<void> {
  const connection = createConnection(path, 1000);
  let left = 1;
  while (left > 0) {
    // oxlint-disable-next-line no-await-in-loop -- one transaction after the other
    ({ left } = await connection.use((prepare, database) => foldHours(prepare, database)));
  }
  connection.close();
}
