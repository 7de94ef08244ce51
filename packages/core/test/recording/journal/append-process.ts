// A process of its own for the journal's tests. Says on stdout what happened, one word and one id per line:
// `ack` the journal has it, `failed <code>` it refused, `stored` a replayed record reached the store (this stdout). `pid` is its own.
// Arguments: path, name, records, maxSegmentBytes, modes (`replay`: replays again and again meanwhile; `settle`: settles every other one
// of its own; `wait`: then appends each id that comes on stdin).
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { isMeterError } from '../../../src/errors.ts';
import { createJournal } from '../../../src/recording/journal/create-journal.ts';
import { usageRecord } from '../../../src/testing/usage-record-builder.ts';

say(`pid ${process.pid}`);
const [path = '', name = '', count = '0', maxSegmentBytes = '8192', modes = ''] = process.argv.slice(2);
const journal = createJournal({ path, maxSegmentBytes: Number(maxSegmentBytes) }, (error) => {
  say(`error ${error.code} ${error.message}`);
});
let replaying: Promise<void> | undefined;
for (let index = 0; index < Number(count); index += 1) {
  const id = `${name}-${index}`;
  append(id);
  if (modes.includes('settle') && index % 2 === 0) {
    say(`stored ${id}`);
    journal.settle([id]);
  }
  if (!modes.includes('replay') || index % 10 > 0) continue;
  replaying ??= replay().finally(() => {
    replaying = undefined;
  });
  // oxlint-disable-next-line no-await-in-loop -- lets the replay in between
  await new Promise(setImmediate);
}
await replaying;
if (modes.includes('wait')) createInterface({ input: process.stdin }).on('line', append);

function append(id: string): void {
  try {
    journal.append(usageRecord({ id }));
    say(`ack ${id}`);
  } catch (error) {
    say(`failed ${isMeterError(error) ? error.code : String(error)}`);
  }
}

async function replay(): Promise<void> {
  for await (const { records, done } of journal.replay()) {
    for (const { id } of records) say(`stored ${id}`);
    done();
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`);
}
