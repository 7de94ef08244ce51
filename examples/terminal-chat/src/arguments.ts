import { parseArgs } from 'node:util';

/** What was asked for on the command line. */
export interface DemoArguments {
  /** Ends after one round instead of chatting until Ctrl-C. */
  readonly once: boolean;
  /** Prints one JSON object instead of the conversation. */
  readonly json: boolean;
  /** Uses a real provider. */
  readonly live: boolean;
  /** Folder of the SQLite file. */
  readonly data: string;
}

export const usageText = `Usage: npm run demo -- [--once] [--json] [--live] [--data FOLDER]
  --once   one round of chat, then the end
  --json   one JSON object instead of text
  --live   a real provider: OPENROUTER_API_KEY or OPENAI_API_KEY, OPENAI_BASE_URL, DEMO_MODEL
  --data   where the SQLite file lies (default: .demo)`;

/** Reads the command line; an unknown option throws. */
export function readArguments(parts: readonly string[]): DemoArguments {
  const { values } = parseArgs({
    args: [...parts],
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
      data: { type: 'string', default: '.demo' },
    },
  });
  return values;
}
