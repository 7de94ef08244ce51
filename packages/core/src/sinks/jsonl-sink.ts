import type * as fsNamespace from 'node:fs/promises';
import { MeterError } from '../errors.ts';
import { absolutePath } from '../node/absolute-path.ts';
import { builtinModule } from '../node/builtin-module.ts';
import { isDiskVanishing } from '../node/vanishing-disk.ts';
import type { UsageSink } from '../recording/record-sink.ts';
import type { UsageRecord } from '../recording/usage-record.ts';
import { checkNames, invalidOption, wrongOption } from '../wrong-option.ts';

/** Options of {@link jsonlSink}. */
export interface JsonlSinkOptions {
  /** The file, created at the first record with mode 0600. Its folder must exist. */
  readonly path: string;
  /** Named in errors. Default `jsonl`. */
  readonly name?: string;
  /** Waits for the disk after every batch, so that a power loss does not lose what was written. Default `false`. */
  readonly fsync?: boolean;
  /**
   * Accepts that the file may be lost. Required on Vercel and AWS Lambda, whose disks vanish with the instance.
   * Default `false`.
   */
  readonly ephemeral?: boolean;
}

const newline = 0x0a;

/**
 * Appends each stored record to a file, one JSON object per line, with times in ISO 8601.
 *
 * The file is reopened for every batch, so tools such as logrotate may rename it at any time. Several processes may share it. If a crash
 * cut a line short, the next one still starts on a new line, and a batch that failed halfway is written again: a reader should skip lines
 * that are not JSON, and repeated ids.
 *
 * @throws {@link MeterError} `invalid_options` for a wrong option, and on Vercel or Lambda without `ephemeral`. `unsupported` if the
 * runtime has no file system. `write` rejects with `sink_failed` if the file cannot be written, and with `closed` after `close()`.
 * @example
 * ```ts
 * const meter = createMeter({ store, sinks: [jsonlSink({ path: 'usage.jsonl' })] });
 * ```
 */
export function jsonlSink(options: JsonlSinkOptions): UsageSink & Required<UsageSink> {
  const { path, name, fsync } = checkOptions(options);
  const fs = fileSystem();
  const file = absolutePath(path);
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  async function append(lines: string): Promise<void> {
    try {
      await appendLines(fs, file, lines, fsync);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MeterError('sink_failed', `jsonlSink: "${path}" could not be written: ${reason}`, { cause });
    }
  }

  return {
    name,
    async write(records) {
      if (isClosed) throw new MeterError('closed', `jsonlSink "${path}": used after close()`);
      if (records.length === 0) return;
      const lines = records.map((record) => recordLine(record)).join('');
      // One batch after the other: each looks at how the one before it ended.
      const written = last.then(() => append(lines));
      last = written.catch(() => undefined);
      await written;
    },
    async close() {
      isClosed = true;
      await last;
    },
  };
}

async function appendLines(fs: typeof fsNamespace, path: string, lines: string, fsync: boolean): Promise<void> {
  const file = await fs.open(path, 'a+', 0o600);
  try {
    const bytes = Buffer.from((await isTorn(file)) ? `\n${lines}` : lines);
    // In one piece where the disk allows it, so that lines of several processes do not mix.
    for (let written = 0; written < bytes.length;) {
      // oxlint-disable-next-line no-await-in-loop -- the rest of a write that was cut short
      written += (await file.write(bytes, written)).bytesWritten;
    }
    if (fsync) await file.datasync();
  } finally {
    await file.close();
  }
}

/** True where the last line has no end: its writer died, or its disk was full. */
async function isTorn(file: fsNamespace.FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer, bytesRead } = await file.read(new Uint8Array(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] !== newline;
}

function recordLine(record: UsageRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function fileSystem(): typeof fsNamespace {
  const fs = builtinModule('node:fs/promises');
  if (fs === undefined) throw new MeterError('unsupported', 'jsonlSink needs a file system; this runtime has none');
  return fs;
}

function checkOptions(options: JsonlSinkOptions): Required<JsonlSinkOptions> {
  checkNames('jsonlSink', '{ path }', options, ['path', 'name', 'fsync', 'ephemeral']);
  const { path, name = 'jsonl', fsync = false, ephemeral = false } = options;
  if (typeof path !== 'string' || path === '') throw wrong('path', 'the name of a file', path);
  if (typeof name !== 'string' || name === '') throw wrong('name', 'a non-empty string', name);
  if (typeof fsync !== 'boolean') throw wrong('fsync', 'true or false', fsync);
  if (typeof ephemeral !== 'boolean') throw wrong('ephemeral', 'true or false', ephemeral);
  if (isDiskVanishing() && !ephemeral) {
    throw invalidOption(
      'jsonlSink',
      `path "${path}" is on a disk that vanishes with this serverless instance; write to a sink of your own, or pass ` +
        'ephemeral: true if losing the lines is fine',
    );
  }
  return { path, name, fsync, ephemeral };
}

function wrong(name: string, expected: string, value: unknown): MeterError {
  return wrongOption('jsonlSink', name, expected, value);
}
