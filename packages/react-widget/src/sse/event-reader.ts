/** Longer events are no usage frames; they are skipped instead of kept. */
const longestEvent = 65_536;

/**
 * Finds the data of server-sent events in text that arrives in pieces, whatever ends its lines.
 *
 * @param onData - Called with each event's data, its lines joined by line feeds.
 */
export function createEventReader(onData: (data: string) => void): (piece: string) => void {
  let line = '';
  let data: string[] = [];
  let length = 0;
  let isAfterReturn = false;
  const endLine = (): void => {
    if (line === '') {
      if (data.length > 0 && length <= longestEvent) onData(data.join('\n'));
      data = [];
      length = 0;
    } else if (line.startsWith('data:') && length <= longestEvent) {
      data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    }
    line = '';
  };
  return (piece) => {
    let from = 0;
    if (isAfterReturn && piece.startsWith('\n')) from = 1;
    if (piece !== '') isAfterReturn = piece.endsWith('\r');
    const ends = /\r\n|\r|\n/g;
    ends.lastIndex = from;
    for (let end = ends.exec(piece); end !== null; end = ends.exec(piece)) {
      take(piece.slice(from, end.index));
      from = ends.lastIndex;
      endLine();
    }
    take(piece.slice(from));
  };
  function take(text: string): void {
    length += text.length;
    if (length <= longestEvent) line += text;
    // Not empty, so that the end of this line is not taken for the end of the event.
    else if (text !== '') line = ':';
  }
}
