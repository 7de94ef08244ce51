import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMongo } from '@kilotoken/mongo-adapter/testing';
import { commandLine, portNumber } from '../../../../scripts/command-line.ts';
import { compileBackend, startBackend } from './backend-process.ts';
import { smoke } from './smoke.ts';

const frontEndFolder = fileURLToPath(new URL('../../frontend', import.meta.url));
const options = commandLine(
  `Usage: npm run demo:nest -- [--once] [--api-only] [--port NUMBER]
  --once       let two scripted users chat, then exit
  --api-only   serve only the API, without the front end
  --port       port of the app (default: PORT, else any free one)
With MONGODB_URI it uses your own database; with OPENAI_API_KEY or OPENROUTER_API_KEY a real model.`,
  {
    options: {
      once: { type: 'boolean', default: false },
      'api-only': { type: 'boolean', default: false },
      port: { type: 'string', default: process.env['PORT'] ?? '0' },
    },
  },
  ({ values }) => ({ ...values, port: String(portNumber('--port', values.port)) }),
);

/** Ends with the process that started this one. */
const stopped = once(process, 'disconnect');
const undo: (() => unknown)[] = [];
try {
  await demo();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  // The backend first: it has to store what it counted.
  for (const step of undo.toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- in this order
    await step();
  }
  if (process.connected) process.disconnect();
}

async function demo(): Promise<void> {
  if (!options.once && !options['api-only']) await buildFrontEnd();
  await compileBackend();
  // With a database of yours the backend keeps its journal where it always does.
  const ownData = process.env['MONGODB_URI'] === undefined ? await startOwnMongo() : {};
  const backend = await startBackend({ PORT: options.port, ...ownData });
  undo.push(() => backend.stop('SIGTERM'));
  if (options.once) {
    await smoke(backend.url, console.log);
    return;
  }
  console.log(`Open ${backend.url} and chat. Ctrl-C ends it.`);
  await Promise.race([stopped, backend.ended.then(() => Promise.reject(new Error('the backend ended')))]);
}

async function startOwnMongo(): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-chat-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const mongo = await startMongo({ members: 1 });
  undo.push(mongo.stop);
  return { MONGODB_URI: mongo.uri.replace('/?', '/chat?'), JOURNAL_DIR: join(folder, 'usage-journal') };
}

async function buildFrontEnd(): Promise<void> {
  if (isBuilt()) return;
  console.log('Building the front end ...');
  const build = spawn('npm', ['run', 'build'], { cwd: frontEndFolder, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(build, 'exit')) as [number | null];
  if (code !== 0) console.error('The front end could not be built; the API is served without it.');
}

/** Whether nothing of the front end, or of the widget in it, is newer than what was built of them. */
function isBuilt(): boolean {
  const builtAt = statSync(join(frontEndFolder, 'dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const widget = '../../../packages/react-widget/src';
  const sources = globSync(['index.html', 'package.json', '{src,public}/**/*', `${widget}/**/*`], {
    cwd: frontEndFolder,
  });
  return sources.every((path) => statSync(join(frontEndFolder, path)).mtimeMs < builtAt);
}
