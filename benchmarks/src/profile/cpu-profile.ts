import { Session } from 'node:inspector/promises';
import type { Profiler } from 'node:inspector';
import { ownerOf } from './owners.ts';

/** What a profile says of one function; without the time in which nothing was done. */
export interface Sampled {
  /** Whose the function is. */
  readonly owner: string;
  readonly name: string;
  /** Of the main thread, in the function itself. */
  microseconds: number;
}

/** One sample in so many microseconds. */
const samplingInterval = 100;

/** Does some work under the sampling profiler of V8. */
export async function profiled<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly sampled: readonly Sampled[] }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingInterval });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return { result, sampled: sampledOf(profile) };
}

function sampledOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly Sampled[] {
  const byNode = functionsOf(nodes);
  for (const [at, id] of samples.entries()) {
    const sampled = byNode.get(id);
    // A delta is the time since the sample before; what is sampled here lasts until the next one.
    if (sampled !== undefined) sampled.microseconds += timeDeltas[at + 1] ?? 0;
  }
  return [...new Set(byNode.values())].filter(({ microseconds }) => microseconds > 0);
}

/** What each node of the tree of calls counts for: its script's function, and what is native for its caller's. */
function functionsOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, Sampled> {
  const children = new Map(nodes.map((node) => [node.id, node]));
  const functions = new Map<string, Sampled>();
  const byNode = new Map<number, Sampled>();
  const visit = (id: number, caller: Sampled | undefined): void => {
    const node = children.get(id);
    if (node === undefined || node.callFrame.functionName === '(idle)') return;
    const { functionName, url } = node.callFrame;
    const owner = ownerOf(functionName, url);
    const name = functionName === '' ? '(anonymous)' : functionName;
    const key = `${owner} ${name}`;
    const own = owner === undefined ? caller : (functions.get(key) ?? { owner, name, microseconds: 0 });
    if (own !== undefined) {
      if (owner !== undefined) functions.set(key, own);
      byNode.set(id, own);
    }
    for (const child of node.children ?? []) visit(child, own);
  };
  const [root] = nodes;
  if (root !== undefined) visit(root.id, undefined);
  return byNode;
}
