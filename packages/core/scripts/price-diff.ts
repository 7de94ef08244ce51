/** What differs between two compiled texts: `+` a new card, `-` one that is gone, `~` one that changed. */
export function priceDiff(before: string, after: string): readonly string[] {
  const old = cardsOf(before);
  const now = cardsOf(after);
  const keys = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  return keys.flatMap((key) => {
    const [was, is] = [old.get(key), now.get(key)];
    if (was === is) return [];
    if (was === undefined) return [`+ ${key} ${is}`];
    return [is === undefined ? `- ${key} ${was}` : `~ ${key} ${was} => ${is}`];
  });
}

function cardsOf(text: string): ReadonlyMap<string, string> {
  const cards = new Map<string, string>();
  let provider = '';
  for (const line of text.split('\n')) {
    const id = /^[^,|!]*/.exec(line)?.[0] ?? '';
    if (line.startsWith('#')) provider = line.slice(1);
    else if (id !== '') cards.set(`${provider}/${id}`, line.slice(id.length));
  }
  return cards;
}
