import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** 16 MiB and about a fifth of a second; one of the settings of OWASP's password storage cheat sheet (2025). */
const cost = { N: 2 ** 14, r: 8, p: 5 };
const keyBytes = 32;

/** A salted hash, with its parameters in front, so that they can be raised later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password.normalize('NFKC'), salt, keyBytes, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** Takes equally long for a wrong password and, with no hash at all, for an unknown user. */
export async function isPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, n, r, p, salt = '', expected = ''] = (hash ?? unknownUser).split('$');
  const wanted = Buffer.from(expected, 'base64url');
  const key = await derive(password.normalize('NFKC'), Buffer.from(salt, 'base64url'), keyBytes, {
    N: Number(n),
    r: Number(r),
    p: Number(p),
  });
  return hash !== undefined && key.length === wanted.length && timingSafeEqual(key, wanted);
}

const unknownUser = ['scrypt', cost.N, cost.r, cost.p, 'AAAAAAAAAAAAAAAAAAAAAA', 'AA'].join('$');
