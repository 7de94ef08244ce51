// Who records the right tokens for which way to use the client and which way for an answer to end, and does the app
// still see what it sees with the bare client? Every cell is run, over sockets, against a provider whose count is known.
// Run from the root: npm run bench -- --only correctness
import { commandLine } from '../../scripts/command-line.ts';
import { notInstalled, startLineup } from './field/lineup.ts';
import { scenarios } from './field/scenarios.ts';
import type { Scenario } from './field/scenarios.ts';
import type { SeenRecord } from './field/setup.ts';
import { startSink } from './field/sink.ts';
import type { ScenarioResult } from './field/task.ts';
import { noEnd } from './field/tasks/run-scenario.ts';
import { reportTable } from './runner/results.ts';
import type { Row } from './runner/results.ts';

const only = commandLine(
  `Usage: npm run bench -- --only correctness [-- --only NAME]
  --only   a peer that takes part, any number of times (default: all that are installed)`,
  { options: { only: { type: 'string', multiple: true } } },
  ({ values }) => values.only,
);
const sink = await startSink();
const { lanes, missing, stop } = await startLineup(sink, only);
// How the app asks is part of a scenario here, so one lane for each contestant is enough.
const players = lanes.filter(
  ({ name }) => name !== 'bare, usage not asked for' && name !== 'kilotoken, asks and hides',
);
const nameOf = (lane: (typeof lanes)[number]): string => (lane.name.startsWith('kilotoken') ? 'kilotoken' : lane.name);

const rows: Row[] = [];
for (const scenario of scenarios) {
  const results = new Map<string, ScenarioResult>();
  await Promise.all(
    players.map(async (lane) => {
      results.set(lane.name, await lane.contestant.ask({ kind: 'scenario', name: scenario.name }));
    }),
  );
  const cells = players.flatMap((lane) => {
    const result = results.get(lane.name);
    const bare = results.get(lane.bare ?? lane.name);
    if (result === undefined || bare === undefined || lane.bare === undefined) return [];
    if (lane.name === 'A/A control') {
      const isSound = result.view === bare.view && !bare.view.includes(noEnd);
      if (!isSound) throw new Error(`${scenario.name}: the bare client saw ${bare.view}, and again ${result.view}`);
      return [];
    }
    return [[nameOf(lane), verdict(scenario, result, bare)] as const];
  });
  rows.push({
    scenario: scenario.name,
    kind: scenario.group,
    ...Object.fromEntries([...cells, ...missing.map((name) => [name, notInstalled] as const)]),
  });
}
stop();
sink.close();
reportTable('What was recorded, and whether the app saw a difference', rows);

/** In words: what the records say, and what happened to the app where it noticed anything. */
function verdict(scenario: Scenario, result: ScenarioResult, bare: ScenarioResult): string {
  const recorded = recordedWords(scenario, result);
  if (result.view === bare.view) return recorded;
  const isBroken = result.view.includes('"error"') && !bare.view.includes('"error"');
  return `${recorded}; ${isBroken ? 'the call fails' : 'the app sees a difference'}`;
}

function recordedWords({ ends }: Scenario, { records, truth }: ScenarioResult): string {
  const counted = records.filter(
    ({ inputTokens, outputTokens }) => inputTokens !== undefined || outputTokens !== undefined,
  );
  if (records.length === 0) return 'nothing';
  if (counted.length === 0) return 'no tokens';
  if (counted.every(({ isEstimate }) => isEstimate === true)) return 'estimate, marked';
  const [input, output] = [sum(counted, 'inputTokens'), sum(counted, 'outputTokens')];
  if (
    ends === 'complete' &&
    counted.length === truth.calls &&
    input === truth.inputTokens &&
    output === truth.outputTokens
  ) {
    return 'exact';
  }
  return `wrong: ${input} in, ${output} out of ${truth.inputTokens}, ${truth.outputTokens}`;
}

function sum(records: readonly SeenRecord[], name: 'inputTokens' | 'outputTokens'): number {
  return records.reduce((total, record) => total + (record[name] ?? 0), 0);
}
