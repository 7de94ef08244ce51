import { registerUser } from './api-user.ts';

/**
 * Registers somebody, chats, and compares what the app says of the usage in its three places.
 *
 * @throws Error that says which two differ.
 */
export async function smoke(url: string, say: (line: string) => void): Promise<void> {
  const user = await registerUser(url, `demo-${Date.now()}@example.com`);
  say(`registered ${user.email}`);
  const conversationId = await user.newConversation();
  let sum = 0;
  for (const question of ['Hello, who are you?', 'And what did that cost?']) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other, as in a chat
    const { text, tokens = 0, isDone } = await user.say(conversationId, question);
    if (!isDone || text === '') throw new Error(`the reply to "${question}" did not come to its end`);
    sum += tokens;
    say(`> ${question}\n${text}\n  ${tokens} tokens`);
  }
  const { totalTokensUsed } = await user.get<{ totalTokensUsed: number }>('/api/auth/profile');
  const { total } = await user.get<{ total: number }>('/api/usage');
  const { messages } = await user.get<{ messages: readonly { totalTokens?: number }[] }>(
    `/api/conversations/${conversationId}`,
  );
  const onMessages = messages.reduce((tokens, message) => tokens + (message.totalTokens ?? 0), 0);
  say(`streams: ${sum} tokens, messages: ${onMessages}, profile: ${totalTokensUsed}, usage endpoint: ${total}`);
  if (new Set([sum, onMessages, totalTokensUsed, total]).size !== 1 || sum === 0) throw new Error('the figures differ');
}
