import { commandLine, portNumber } from '../../../scripts/command-line.ts';

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

const usage = `Usage: npm run demo -- [--once] [--json] [--live] [--data FOLDER] [--port NUMBER]
  --once   one round of chat, then exit
  --json   print one JSON object instead of text
  --live   use a real provider, set by OPENROUTER_API_KEY or OPENAI_API_KEY, OPENAI_BASE_URL, DEMO_MODEL
  --data   folder of the SQLite file (default: .demo)
  --port   port of the page served without --once (default: any free one)`;

/** Reads the command line. */
export function readArguments(): DemoArguments {
  return commandLine(
    usage,
    {
      options: {
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        live: { type: 'boolean', default: false },
        data: { type: 'string', default: '.demo' },
        port: { type: 'string', default: '0' },
      },
    },
    ({ values }) => {
      const port = portNumber('--port', values.port);
      const { OPENAI_API_KEY, OPENROUTER_API_KEY } = process.env;
      if (values.live && OPENAI_API_KEY === undefined && OPENROUTER_API_KEY === undefined) {
        throw new Error('--live needs OPENAI_API_KEY or OPENROUTER_API_KEY in the environment');
      }
      return { ...values, port };
    },
  );
}
