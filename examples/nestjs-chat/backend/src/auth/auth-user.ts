import { readUsage } from '@kilotoken/mongo-adapter';
import type { Request } from 'express';
import type { UserDoc } from '../platform/documents.ts';

/** The signed-in user, as `request.user` and as the profile shows it. */
export interface AuthUser {
  readonly id: string;
  readonly email: string;
  readonly createdAt: string;
  readonly totalTokensUsed: number;
  readonly totalPromptTokens: number;
  readonly totalCompletionTokens: number;
}

/** A request behind the guard. */
export type SignedInRequest = Request & { readonly user: AuthUser };

/** What of a user document is shown. Absent totals are 0. */
export function toAuthUser(user: Pick<UserDoc, '_id' | 'email' | 'createdAt'>): AuthUser {
  const { _id, email, createdAt } = user;
  const usage = readUsage(user);
  return {
    id: _id.toHexString(),
    email,
    createdAt: createdAt.toISOString(),
    totalTokensUsed: Number(usage.totalTokens),
    totalPromptTokens: Number(usage.inputTokens),
    totalCompletionTokens: Number(usage.outputTokens),
  };
}
