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
  /** Port of the page; 0: any free one. */
  readonly port: number;
}

export const usageText = `Usage: npm run demo -- [--once] [--json] [--live] [--data FOLDER] [--port NUMBER]
  --once   one round of chat, then the end
  --json   one JSON object instead of text
  --live   a real provider: OPENROUTER_API_KEY or OPENAI_API_KEY, OPENAI_BASE_URL, DEMO_MODEL
  --data   where the SQLite file lies (default: .demo)
  --port   of the page that is served without --once (default: any free one)`;

/** Reads the command line; an unknown option throws. */
export function readArguments(parts: readonly string[]): DemoArguments {
  const { values } = parseArgs({
    args: [...parts],
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
      data: { type: 'string', default: '.demo' },
      port: { type: 'string', default: '0' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${values.port} is no port`);
  return { ...values, port };
}
