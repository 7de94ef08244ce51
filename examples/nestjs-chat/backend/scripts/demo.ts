import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

// Ctrl-C in a terminal goes to every process of the group at once, and the database must outlive the backend. So all of
// it runs in a group of its own, which is told to stop, and stops by itself when this process is gone.
const running = fork(fileURLToPath(new URL('run-demo.ts', import.meta.url)), process.argv.slice(2), {
  detached: true,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (running.connected) running.disconnect();
  });
}
const [code] = (await once(running, 'exit')) as [number | null];
process.exitCode = code ?? 1;
