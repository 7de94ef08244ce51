import { createHash } from 'node:crypto';

/** What the sums of one roll-up have in common: slot, user, tenant, model, provider. */
export interface RollupKey {
  readonly q: Date;
  readonly u?: string;
  readonly tn?: string;
  readonly m?: string;
  readonly p: string;
}

/** Made from the key, so that it can only be there once; and no way back to the user. */
export function rollupId({ q, u, tn, m, p }: RollupKey): string {
  return createHash('sha256')
    .update(JSON.stringify([q.getTime(), u, tn, m, p]))
    .digest('base64url')
    .slice(0, 22);
}
