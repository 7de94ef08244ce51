import { startProcess } from './start-process.ts';
import type { ScriptProcess } from './start-process.ts';

/** A running `app-process.ts`. */
export interface AppProcess extends Pick<ScriptProcess, 'child' | 'ended'> {
  /** Ids it was told are stored. */
  readonly acknowledged: ReadonlySet<string>;
}

/** Starts an app. */
export function startApp(args: readonly string[], onAcknowledged?: (count: number) => void): AppProcess {
  const acknowledged = new Set<string>();
  const { child, ended } = startProcess('app-process.ts', args, (id) => {
    acknowledged.add(id);
    onAcknowledged?.(acknowledged.size);
  });
  return { child, acknowledged, ended };
}
