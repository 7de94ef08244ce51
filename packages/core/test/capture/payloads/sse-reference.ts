/** An event as a reader by the book sees it: WHATWG server-sent events, byte order mark and all three line ends. */
export interface SeenEvent {
  readonly event: string;
  readonly data: string;
}

/** Parses a whole stream slowly and plainly; what the tests compare with. An unfinished last event counts. */
export function parseEvents(bytes: Uint8Array): SeenEvent[] {
  const text = new TextDecoder().decode(bytes);
  const events: SeenEvent[] = [];
  let event = '';
  let data: string[] = [];
  const dispatch = (): void => {
    if (data.length > 0) events.push({ event, data: data.join('\n') });
    event = '';
    data = [];
  };
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line === '') dispatch();
    else if (!line.startsWith(':')) {
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') data.push(value);
      else if (field === 'event') event = value;
    }
  }
  dispatch();
  return events;
}
