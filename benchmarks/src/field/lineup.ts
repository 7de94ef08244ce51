import { join } from 'node:path';
import { startContestant } from './contestant.ts';
import type { Contestant } from './contestant.ts';
import { peers, sdkVersions } from './contestants.ts';
import { peerFolder } from './peer-folder.ts';
import type { Sink } from './sink.ts';

/** One line of the result: a contestant, how the app calls it, and the bare client it is set against. */
export interface Lane {
  readonly name: string;
  readonly contestant: Contestant;
  /** Whether the app asks for the usage of its streams itself. Peers record nothing of a stream otherwise. */
  readonly isAsked: boolean;
  /** The lane of the bare client of the same major, called in the same way; absent for those themselves. */
  readonly bare?: string;
  readonly sdk: string;
}

/** Everybody who takes part, and who could not. */
export interface Lineup {
  readonly lanes: readonly Lane[];
  readonly missing: readonly string[];
  stop(): void;
}

/** What stands in the place of figures of a peer that could not be installed, as without a network. */
export const notInstalled = 'not installed';

const workspace = join(import.meta.dirname, '../..');

/**
 * Starts all contestants. Without a network only those that are installed take part.
 *
 * @param only - Names of peers that take part; default all.
 */
export async function startLineup(sink: Sink, only?: readonly string[]): Promise<Lineup> {
  const started: Contestant[] = [];
  const start = async (setup: string, folder: string): Promise<Contestant> => {
    const contestant = await startContestant(setup, folder, sink.urlOf(setup));
    started.push(contestant);
    return contestant;
  };
  const [sdk7, sdk6] = [sdkVersions[7], sdkVersions[6]];
  const bare = (): Promise<Contestant> => start('bare', workspace);
  const kilotoken = (): Promise<Contestant> => start('kilotoken', workspace);
  // A process for each lane: one that sees both kinds of streams is compiled for both, which apps seldom are.
  const lanes: Lane[] = [
    { name: 'bare', contestant: await bare(), isAsked: true, sdk: sdk7 },
    { name: 'bare, usage not asked for', contestant: await bare(), isAsked: false, sdk: sdk7 },
    { name: 'A/A control', contestant: await bare(), isAsked: true, bare: 'bare', sdk: sdk7 },
    { name: 'kilotoken, app asks', contestant: await kilotoken(), isAsked: true, bare: 'bare', sdk: sdk7 },
    {
      name: 'kilotoken, asks and hides',
      contestant: await kilotoken(),
      isAsked: false,
      bare: 'bare, usage not asked for',
      sdk: sdk7,
    },
  ];
  const missing: string[] = [];
  for (const peer of peers) {
    if (only !== undefined && !only.includes(peer.name)) continue;
    const folder = peerFolder(peer);
    if (folder === undefined) {
      missing.push(peer.name);
      continue;
    }
    const bareLane = peer.major === 7 ? 'bare' : 'bare on openai 6';
    if (!lanes.some(({ name }) => name === bareLane)) {
      lanes.push({ name: bareLane, contestant: await start('bare', folder), isAsked: true, sdk: sdk6 });
    }
    const sdk = sdkVersions[peer.major];
    lanes.push({ name: peer.name, contestant: await start(peer.name, folder), isAsked: true, bare: bareLane, sdk });
  }
  return {
    lanes,
    missing,
    stop() {
      for (const contestant of started) contestant.stop();
    },
  };
}
