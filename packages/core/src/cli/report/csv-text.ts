/**
 * Rows as comma-separated values with a line of names. The first cell of a row is a name that users may have chosen: one that
 * a spreadsheet would run as a formula gets an apostrophe in front.
 */
export function csvText(
  names: readonly string[],
  rows: readonly (readonly [string, ...(string | number | bigint)[]])[],
): string {
  const lines = rows.map(([name, ...cells]) => [harmless(name), ...cells]);
  return [names, ...lines].map((cells) => `${cells.map((cell) => csvCell(String(cell))).join(',')}\n`).join('');
}

function harmless(name: string): string {
  const isNumber = /^[+-]?\d+$/.test(name);
  // The wide forms are those of Chinese and Japanese keyboards.
  return /^[=+\-@\t\r\n＝＋－＠]/.test(name) && !isNumber ? `'${name}` : name;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
