/** True on Vercel and AWS Lambda, whose disks vanish with the instance: a file there keeps nothing. */
export function isDiskVanishing(): boolean {
  try {
    const env = (globalThis.process as typeof process | undefined)?.env ?? {};
    return Boolean(env['VERCEL']) || Boolean(env['AWS_LAMBDA_FUNCTION_NAME']);
  } catch {
    // Deno throws where the app may not read the environment.
    return false;
  }
}
