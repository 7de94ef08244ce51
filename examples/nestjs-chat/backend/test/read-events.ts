/** The bodies of server-sent events, parsed; `[DONE]` stays text. Anything else in the text is an error. */
export function readEvents(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      if (!event.startsWith('data: ')) throw new Error(`no event: ${event}`);
      const data = event.slice('data: '.length);
      return data === '[DONE]' ? data : (JSON.parse(data) as unknown);
    });
}
