import type { ProblemCode } from '../api/api-error.ts';
import type { Credentials } from '../api/auth-api.ts';

/** What is wrong with what somebody typed; the server has the last word. */
export type CredentialFault = ProblemCode | 'email_form' | 'password_length';

export function credentialFault({ email, password }: Credentials): CredentialFault | undefined {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) return 'email_form';
  if (password.length < 8) return 'password_length';
  return undefined;
}
