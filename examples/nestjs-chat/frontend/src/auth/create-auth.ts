import { problemOf } from '../api/api-error.ts';
import type { ProblemCode } from '../api/api-error.ts';
import { authApi } from '../api/auth-api.ts';
import type { Credentials, User } from '../api/auth-api.ts';
import { createState } from '../state/create-state.ts';
import type { State } from '../state/create-state.ts';

/** What is known of who is signed in. */
export interface AuthState {
  /** `undefined` until the server has said; `null`: nobody. */
  readonly user: User | null | undefined;
  /** Why the server has not said, or not lately. */
  readonly problem?: ProblemCode;
  /** The session ended by itself, not by signing out. */
  readonly hasExpired: boolean;
}

/** Who is signed in, and how that changes. Made by {@link createAuth}. */
export interface AuthStore extends Pick<State<AuthState>, 'get' | 'subscribe'> {
  /** Rejects with an ApiError. */
  readonly signIn: (how: 'login' | 'register', credentials: Credentials) => Promise<void>;
  /** Rejects with an ApiError. */
  readonly signOut: () => Promise<void>;
  /** Reads the profile, and with it the totals, anew. Never rejects. */
  readonly refreshUser: () => Promise<void>;
}

export function createAuth(): AuthStore {
  const { get, subscribe, set } = createState<AuthState>({ user: undefined, hasExpired: false });
  let lastOrder = 0;
  return {
    get,
    subscribe,
    async signIn(how, credentials) {
      const user = await authApi[how](credentials);
      lastOrder += 1;
      set({ user, hasExpired: false });
    },
    async signOut() {
      await authApi.logout();
      lastOrder += 1;
      set({ user: null, hasExpired: false });
    },
    async refreshUser() {
      const order = ++lastOrder;
      const found = await authApi.profile().catch(problemOf);
      // Of several answers only that to the last question counts: older ones have older totals.
      if (order !== lastOrder) return;
      const { user, hasExpired } = get();
      if (typeof found !== 'string') set({ user: found, hasExpired: false });
      else if (found === 'not_signed_in') set({ user: null, hasExpired: hasExpired || Boolean(user) });
      // Who was signed in stays so: the totals are a little old, and that is all.
      else set({ user, hasExpired, problem: found });
    },
  };
}
