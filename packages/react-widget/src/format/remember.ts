const made = new Map<string, unknown>();

/** What was made for a key before, else what `make` makes: a page has few of them, and each costs more than all its use. */
export function remember<Value>(key: string, make: () => Value): Value {
  if (!made.has(key)) {
    if (made.size > 500) made.clear();
    made.set(key, make());
  }
  return made.get(key) as Value;
}
