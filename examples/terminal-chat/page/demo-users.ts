import { createUsageStore } from '@kilotoken/react-widget';
import type { UsageStore } from '@kilotoken/react-widget';
import { conversations } from '../src/conversations.ts';

/** Somebody who can be signed in. */
export interface DemoUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** To begin with; the scripted provider knows an answer to each. */
  readonly questions: readonly string[];
  /** The user's usage, live: one line in an app of your own. */
  readonly usage: UsageStore;
  /** Sent with each request, in place of a real session. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The two of the terminal. */
export const demoUsers: readonly DemoUser[] = conversations.map(({ userId, questions }) => {
  const headers = { 'x-demo-user': userId };
  return {
    id: userId,
    name: userId.charAt(0).toUpperCase() + userId.slice(1),
    email: `${userId}@example.com`,
    questions,
    usage: createUsageStore({ src: '/api/usage', userKey: userId, headers }),
    headers,
  };
});
