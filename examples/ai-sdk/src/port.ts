import { commandLine, portNumber } from '../../../scripts/command-line.ts';

const usage = `Usage: npm run demo:ai-sdk -- [--port NUMBER]
  --port   port of the server (default: PORT, else 3000)
USAGE_DB sets where usage is stored; OPENAI_API_KEY, OPENAI_BASE_URL and CHAT_MODEL choose a real model.`;

/** The port that the command line or the environment names. */
export const port = commandLine(
  usage,
  { options: { port: { type: 'string', default: process.env['PORT'] ?? '3000' } } },
  ({ values }) => portNumber('--port', values.port),
);
