import { start, type StartedCommand } from './packed/start-command.ts';

/** A program that serves, and everything it has started. */
export interface ServedProcess extends Pick<StartedCommand, 'stop'>, AsyncDisposable {
  readonly url: string;
  /** What it printed so far, but for its address. */
  readonly lines: readonly string[];
}

const address = /(?:listening on|Local:)\s+(http\S+)\s/;

/**
 * Starts a program as a user's shell would, and waits until it says where it listens.
 *
 * @throws Error with what it wrote, where it ends before.
 */
export async function servedProcess(
  [command = '', ...args]: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<ServedProcess> {
  const started = start(command, args, folder, variables);
  const [, url = ''] = await started.wrote(address);
  return {
    ...started,
    url,
    get lines() {
      const lines = started.output().split(/(?<=\n)/);
      return lines.filter((line) => !address.test(line)).map((line) => line.trimEnd());
    },
  };
}
