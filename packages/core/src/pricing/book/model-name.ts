const date = /(?:-|@)20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])$/;

/** A model's name without the date at its end (`-2025-08-07`, `-20250807`, `@20250807`); `undefined` where it has none. */
export function withoutDate(name: string): string | undefined {
  const start = name.search(date);
  return start > 0 ? name.slice(0, start) : undefined;
}

/** True where the app means this model: its name in full or without the date at its end, in whatever case. */
export function isNamed(model: string, name: string): boolean {
  const wanted = name.toLowerCase();
  return model.toLowerCase() === wanted || withoutDate(model)?.toLowerCase() === wanted;
}
