import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A running `app-process.ts`. */
export interface AppProcess {
  readonly child: ChildProcess;
  /** Ids it was told are stored. */
  readonly acknowledged: ReadonlySet<string>;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Starts an app. */
export function startApp(args: readonly string[], onAcknowledged?: (count: number) => void): AppProcess {
  const script = join(import.meta.dirname, 'app-process.ts');
  const child = spawn(process.execPath, ['--conditions=@kilotoken/source', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged = new Set<string>();
  createInterface({ input: child.stdout }).on('line', (id) => {
    acknowledged.add(id);
    onAcknowledged?.(acknowledged.size);
  });
  // `close`, not `exit`: then its last lines have been read.
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  return { child, acknowledged, ended };
}
