/** Time that moves from event to event, as fast as they can be worked off. */
export interface VirtualTime {
  /** Milliseconds since the start. */
  now(): number;
  /** Runs `work` after so many milliseconds. */
  after(delayMs: number, work: () => void): void;
  /** Works events off until there are none, or time is up; false where `maxEvents` did not suffice. */
  run(options: { readonly untilMs?: number; readonly maxEvents: number }): Promise<boolean>;
}

/** Makes a time that starts at 0. Events of one instant run in the order they were made. */
export function virtualTime(): VirtualTime {
  let now = 0;
  let made = 0;
  const events: { at: number; order: number; work: () => void }[] = [];
  const comesBefore = (a: { at: number; order: number }, b: { at: number; order: number }): boolean =>
    a.at < b.at || (a.at === b.at && a.order < b.order);

  const takeFirst = () => {
    const [first] = events;
    const last = events.pop();
    if (first === undefined || last === undefined || events.length === 0) return first;
    let place = 0;
    for (;;) {
      const left = events[place * 2 + 1];
      const right = events[place * 2 + 2];
      const child = right !== undefined && left !== undefined && comesBefore(right, left) ? right : left;
      if (child === undefined || comesBefore(last, child)) break;
      events[place] = child;
      place = child === left ? place * 2 + 1 : place * 2 + 2;
    }
    events[place] = last;
    return first;
  };

  return {
    now: () => now,
    after(delayMs, work) {
      made += 1;
      const event = { at: now + delayMs, order: made, work };
      let place = events.push(event) - 1;
      while (place > 0) {
        const above = (place - 1) >> 1;
        const parent = events[above];
        if (parent === undefined || comesBefore(parent, event)) break;
        events[place] = parent;
        events[above] = event;
        place = above;
      }
    },
    async run({ untilMs = Infinity, maxEvents }) {
      for (let count = 0; count < maxEvents; count += 1) {
        const [next] = events;
        if (next === undefined || next.at > untilMs) {
          if (untilMs !== Infinity) now = Math.max(now, untilMs);
          return true;
        }
        takeFirst();
        now = Math.max(now, next.at);
        next.work();
        // Lets everything that waited for this event go on before the next one.
        // oxlint-disable-next-line no-await-in-loop -- one event after the other
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
      return false;
    },
  };
}
