import { spawn } from 'node:child_process';

/** What a caller's `npm run` or vitest leaves in the environment and a fresh shell would not have. */
const inherited =
  /^(npm_(package|lifecycle|command|execpath|config_(local_prefix|workspaces?))|INIT_CWD|NODE_ENV|NODE_OPTIONS|VITEST|TEST$)/i;

/** The environment a fresh shell would give to a command. */
export function shellEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)));
}

/**
 * Runs a command as a user's shell would and gives what it wrote to standard output.
 *
 * @throws Error with both outputs where it ends with another code than 0.
 */
export function run(
  command: string,
  args: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...shellEnvironment(), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      const written = Buffer.concat(output).toString();
      if (code === 0) resolve(written);
      else {
        const said = `${written}\n${Buffer.concat(errors).toString()}`.trim();
        reject(new Error(`${command} ${args.join(' ')} ended with ${code} in ${folder}:\n${said}`));
      }
    });
  });
}
