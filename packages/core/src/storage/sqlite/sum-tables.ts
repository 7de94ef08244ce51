/** Scopes of `usage_totals`, and of `usage_hours`; only the latter has the one of tenants. */
export const sumScope = { everything: 0, withoutUser: 1, user: 2, tenant: 3 } as const;

/** A list of sequence numbers begins a new row after so many of them, so that none grows with the traffic of its hour. */
export const partLength = 10_000;

const hourMs = 3_600_000;

/** The hour of an instant, counted from 1970: zones move by less than that, so what they cut is read from the records. */
export function hourOf(instant: number): number {
  return Math.floor(instant / hourMs);
}

/** The instant an hour begins at. */
export function hourStart(hour: number): number {
  return hour * hourMs;
}
