import { envValue } from './env-value.ts';

/** True on Vercel and AWS Lambda, whose disks vanish with the instance: a file there keeps nothing. */
export function isDiskVanishing(): boolean {
  return Boolean(envValue('VERCEL')) || Boolean(envValue('AWS_LAMBDA_FUNCTION_NAME'));
}
