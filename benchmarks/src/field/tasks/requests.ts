/** What the measured app sends. */
export const chat = {
  model: 'gpt-5-mini',
  messages: [{ role: 'user' as const, content: 'Name three rivers' }],
};

/** The same as a stream, asking for usage or not. */
export function chatStream(isAsked: boolean) {
  return { ...chat, stream: true as const, ...(isAsked ? { stream_options: { include_usage: true } } : {}) };
}
