/** True on Vercel and AWS Lambda, whose disks vanish with the instance: a file there keeps nothing. */
export function isDiskVanishing(): boolean {
  const env = (globalThis.process as typeof process | undefined)?.env ?? {};
  return Boolean(env['VERCEL']) || Boolean(env['AWS_LAMBDA_FUNCTION_NAME']);
}
