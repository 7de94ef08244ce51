import { useEffect, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { useWakeUp } from '../state/use-wake-up.ts';
import { createAuth } from './create-auth.ts';
import { AuthContext } from './use-auth.ts';

export function AuthProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [auth] = useState(createAuth);
  useEffect(() => void auth.refreshUser(), [auth]);
  // Another tab may have signed in or out meanwhile, or used tokens.
  useWakeUp(auth.refreshUser);
  return <AuthContext value={auth}>{children}</AuthContext>;
}
