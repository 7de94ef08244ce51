import { within } from '../../within.ts';
import type { GraceLimits, GraceRead } from './grace-read.ts';

/** The reads that go on after hosts have left: to the host their calls are over. */
export interface GraceReads {
  add(read: GraceRead): void;
  /** Waits for those that are under way, so long at most; nothing where there are none, so that nobody waits a turn. */
  wait(timeoutMs: number): Promise<unknown> | undefined;
  /** Ends those that are under way. */
  giveUp(): Promise<unknown>;
}

/** What such a read needs. */
export interface Grace extends GraceLimits {
  readonly reads: GraceReads;
}

export function createGraceReads(): GraceReads {
  const underway = new Set<GraceRead>();
  const over = (): Promise<unknown> => Promise.all(Array.from(underway, (read) => read.over));

  return {
    add(read) {
      underway.add(read);
      void read.over.then(() => underway.delete(read));
    },
    wait: (timeoutMs) => (underway.size === 0 ? undefined : within(timeoutMs, over())),
    giveUp() {
      for (const read of underway) read.giveUp();
      return over();
    },
  };
}
