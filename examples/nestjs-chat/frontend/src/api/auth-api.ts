import { request, requestJson } from './request.ts';

/** Who is signed in, with all tokens this person ever used. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly createdAt: string;
  readonly totalTokensUsed: number;
  readonly totalPromptTokens: number;
  readonly totalCompletionTokens: number;
}

/** What people sign in with. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

export const authApi = {
  register: (body: Credentials): Promise<User> => requestJson('/auth/register', { method: 'POST', body }),
  login: (body: Credentials): Promise<User> => requestJson('/auth/login', { method: 'POST', body }),
  logout: (): Promise<Response> => request('/auth/logout', { method: 'POST' }),
  profile: (): Promise<User> => requestJson('/auth/profile'),
};
