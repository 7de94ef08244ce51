import { readsBodiesNatively, weakly, whenCollected } from '../platform/runtime.ts';

/** An answer under way, held so that it can still be found unread. */
export interface HeldAnswer<Answer extends object> {
  /** The answer; `undefined` once it was collected or released. */
  deref(): Answer | undefined;
  /** The attempt has ended: there is nothing to notice any more. */
  release(): void;
}

/** Notices answers that nobody reads and nobody can read any more. */
export interface UnreadAnswers<Answer extends object, Attempt extends object> {
  /** `answer` is held by every way of reading; `attempt` must not lead to it but through what is returned. */
  hold(answer: Answer, attempt: Attempt): HeldAnswer<Answer>;
  /**
   * Drops those that nobody has begun to read, for there will be no collector. The app may be about to, and has a
   * moment, at most `waitMs`.
   */
  dropUntouched(waitMs: number): Promise<void>;
}

/** An answer that tells whether a read of it has begun. */
export interface ReadableAnswer {
  readonly isUntouched: boolean;
  /** From now on it keeps nothing alive that only the host should. */
  loosen?(): void;
}

/** Asks for {@link UnreadAnswers.dropUntouched} at the end of the process, from the first answer to the last. */
export interface EndOfProcess {
  await(): void;
  leave(): void;
}

/** Who reads an answer at all has begun by then. */
const momentMs = 50;

/** Most plain answers are read to their end before that. */
const youngMs = 50;

/**
 * Has the collector of garbage tell of answers that were dropped unread.
 *
 * To tell the collector of an object is dear (measured on Node 24: 3 us for a registration, as much for a weak
 * reference, and more for their way through the young generation, which takes such objects for living). So an answer is
 * held as any other object at first, and only what is still open after a moment is handed over.
 */
export function createUnreadAnswers<Answer extends ReadableAnswer, Attempt extends object>(
  dropped: (attempt: Attempt) => void,
  end: EndOfProcess,
): UnreadAnswers<Answer, Attempt> {
  const registry = whenCollected<Attempt>(dropped);
  const places: Places<Answer, Attempt> = { young: [], old: new Set(), end };
  const { young, old } = places;
  let isAwaiting = false;

  return {
    hold(answer, attempt) {
      const held = new Held(answer, attempt, places);
      // Timers of workerd die with the request that set them.
      if (readsBodiesNatively()) {
        if (old.size === 0) end.await();
        if (held.handOver(registry) && typeof WeakRef === 'function') old.add(held);
      } else {
        young.push(held);
        if (!isAwaiting) awaitNext();
      }
      return held;
    },
    async dropUntouched(waitMs) {
      const found = [...old, ...young];
      const mayBeRead = waitMs > 0 && found.some((held) => held.untouched() !== undefined);
      if (mayBeRead) {
        await new Promise((resolve) => {
          setTimeout(resolve, Math.min(waitMs, momentMs));
        });
      }
      for (const held of found) {
        const attempt = held.untouched();
        if (attempt !== undefined) dropped(attempt);
      }
    },
  };

  function awaitNext(): void {
    isAwaiting = true;
    end.await();
    const timer = setTimeout(handOverAll, youngMs) as { unref?: () => void };
    timer.unref?.();
  }

  function handOverAll(): void {
    isAwaiting = false;
    for (const held of young) if (held.handOver(registry)) old.add(held);
    young.length = 0;
    if (old.size === 0) end.leave();
  }
}

/** Where answers are held: {@link youngMs} long at the first, then at the second while they are open. */
interface Places<Answer extends ReadableAnswer, Attempt extends object> {
  readonly young: Held<Answer, Attempt>[];
  readonly old: Set<Held<Answer, Attempt>>;
  readonly end: EndOfProcess;
}

class Held<Answer extends ReadableAnswer, Attempt extends object> implements HeldAnswer<Answer> {
  private strong: Answer | undefined;
  private weak: Pick<WeakRef<Answer>, 'deref'> | undefined = undefined;
  private attempt: Attempt | undefined;
  private readonly places: Places<Answer, Attempt>;

  constructor(answer: Answer, attempt: Attempt, places: Places<Answer, Attempt>) {
    this.strong = answer;
    this.attempt = attempt;
    this.places = places;
  }

  deref(): Answer | undefined {
    return this.strong ?? this.weak?.deref();
  }

  /** The attempt, where nobody has begun to read. */
  untouched(): Attempt | undefined {
    return this.deref()?.isUntouched === true ? this.attempt : undefined;
  }

  release(): void {
    const { young, old, end } = this.places;
    this.strong = this.weak = this.attempt = undefined;
    // Calls that follow one another leave one place, those beside each other a few until the next moment.
    while (young.length > 0 && young.at(-1)?.deref() === undefined) young.pop();
    if (old.delete(this) && old.size === 0 && young.length === 0) end.leave();
  }

  /** False where the attempt has ended. */
  handOver(registry: Pick<FinalizationRegistry<Attempt>, 'register'>): boolean {
    const { strong, attempt } = this;
    if (strong === undefined || attempt === undefined) return false;
    registry.register(strong, attempt);
    strong.loosen?.();
    this.weak = weakly(strong);
    this.strong = undefined;
    return true;
  }
}
