import type { FreshApp } from './fresh-app.ts';

/** An app that serves. */
export interface ServedApp {
  readonly url: string;
  /** Sends the signal, and gives what the app printed after its address, and how it ended. */
  stop(signal: NodeJS.Signals): Promise<{ lines: readonly string[]; signal: NodeJS.Signals | null }>;
}

/**
 * Starts a JavaScript file of an app and waits until it says `listening on <url>`.
 *
 * @throws Error with what it wrote, where it ends before.
 */
export async function servedApp(
  app: FreshApp,
  file: string,
  variables: Readonly<Record<string, string>>,
): Promise<ServedApp> {
  const command = app.startNode([file], variables);
  const [line, url = ''] = await command.wrote(/^listening on (\S+)\n/m);
  return {
    url,
    async stop(signal) {
      const endedBy = await command.stop(signal);
      const [, after = ''] = command.output().split(line);
      return { lines: after.split('\n').filter((text) => text !== ''), signal: endedBy };
    },
  };
}
