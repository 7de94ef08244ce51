import type { MeterError } from '../../errors.ts';
import { isDiskVanishing } from '../../node/vanishing-disk.ts';
import { checkNames, invalidOption, wrongOption } from '../../wrong-option.ts';

/** Options of the journal, which keeps records on disk until the store has them. */
export interface JournalOptions {
  /** A folder on a local disk; created with mode 0700 at the first record. Several processes may share it. */
  readonly path: string;
  /** Maximum size of one file; then the next one is started. In bytes, 1024 or more. Default 8 MiB. */
  readonly maxSegmentBytes?: number;
  /**
   * Waits for the disk after every record. Records survive a killed process in any case; with `fsync` they also survive a power
   * loss, at the cost of one disk write per call. Default `false`.
   */
  readonly fsync?: boolean;
  /**
   * Accepts that the folder may be lost. Required on Vercel and AWS Lambda, whose disks vanish with the instance.
   * Default `false`.
   */
  readonly ephemeral?: boolean;
}

/**
 * Fills in the defaults.
 *
 * @throws {@link MeterError} `invalid_options`.
 */
export function checkJournalOptions(options: JournalOptions): Required<JournalOptions> {
  checkNames('journal', '{ path }', options, ['path', 'maxSegmentBytes', 'fsync', 'ephemeral']);
  const { path, maxSegmentBytes = 8 * 2 ** 20, fsync = false, ephemeral = false } = options;
  if (typeof path !== 'string' || path === '') throw wrong('path', 'the name of a folder', path);
  if (!Number.isSafeInteger(maxSegmentBytes) || maxSegmentBytes < 1024) {
    throw wrong('maxSegmentBytes', 'a whole number of bytes, 1024 or more', maxSegmentBytes);
  }
  if (typeof fsync !== 'boolean') throw wrong('fsync', 'true or false', fsync);
  if (typeof ephemeral !== 'boolean') throw wrong('ephemeral', 'true or false', ephemeral);
  if (isDiskVanishing() && !ephemeral) {
    throw invalidOption(
      'journal',
      `path "${path}" is on a disk that vanishes with this serverless instance; leave the journal out and pass ` +
        'waitUntil, or pass ephemeral: true if losing the records is fine',
    );
  }
  return { path, maxSegmentBytes, fsync, ephemeral };
}

function wrong(name: string, expected: string, value: unknown): MeterError {
  return wrongOption('journal', name, expected, value);
}
