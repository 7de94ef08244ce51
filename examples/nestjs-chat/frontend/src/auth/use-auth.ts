import { createContext, useContext, useSyncExternalStore } from 'react';
import type { AuthState, AuthStore } from './create-auth.ts';

export const AuthContext = createContext<AuthStore | undefined>(undefined);

/** Who is signed in, and how to change that. */
export function useAuth(): AuthState & Pick<AuthStore, 'signIn' | 'signOut' | 'refreshUser'> {
  const auth = useContext(AuthContext);
  if (auth === undefined) throw new Error('useAuth needs an AuthProvider above it');
  const { get, subscribe, signIn, signOut, refreshUser } = auth;
  return { ...useSyncExternalStore(subscribe, get), signIn, signOut, refreshUser };
}
