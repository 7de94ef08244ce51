/** The date a wall clock in `timeZone` shows, as `2026-11-25`. */
export function localDate(timeZone: string): (at: Date) => string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (at) => {
    const field: Record<string, string> = {};
    for (const { type, value } of format.formatToParts(at)) field[type] = value;
    return `${field['year']?.padStart(4, '0')}-${field['month']}-${field['day']}`;
  };
}
