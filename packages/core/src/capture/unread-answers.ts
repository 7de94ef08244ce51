import { readsBodiesNatively, weakly, whenCollected } from './runtime.ts';

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
}

/** Most plain answers are read to their end before that. */
const youngMs = 50;

/**
 * Has the collector of garbage tell of answers that were dropped unread.
 *
 * To tell the collector of an object is dear (measured on Node 24: 3 us for a registration, as much for a weak
 * reference, and more for their way through the young generation, which takes such objects for living). So an answer is
 * held as any other object at first, and only what is still open after a moment is handed over.
 */
export function createUnreadAnswers<Answer extends object, Attempt extends object>(
  dropped: (attempt: Attempt) => void,
): UnreadAnswers<Answer, Attempt> {
  const registry = whenCollected<Attempt>(dropped);
  const young: Held<Answer, Attempt>[] = [];
  let isAwaiting = false;

  return {
    hold(answer, attempt) {
      const held = new Held(answer, attempt, young);
      // Timers of workerd die with the request that set them.
      if (readsBodiesNatively()) held.handOver(registry);
      else {
        young.push(held);
        if (!isAwaiting) awaitNext();
      }
      return held;
    },
  };

  function awaitNext(): void {
    isAwaiting = true;
    const timer = setTimeout(handOverAll, youngMs) as { unref?: () => void };
    timer.unref?.();
  }

  function handOverAll(): void {
    isAwaiting = false;
    for (const held of young) held.handOver(registry);
    young.length = 0;
  }
}

class Held<Answer extends object, Attempt extends object> implements HeldAnswer<Answer> {
  private strong: Answer | undefined;
  private weak: Pick<WeakRef<Answer>, 'deref'> | undefined = undefined;
  private attempt: Attempt | undefined;
  private readonly young: Held<Answer, Attempt>[];

  constructor(answer: Answer, attempt: Attempt, young: Held<Answer, Attempt>[]) {
    this.strong = answer;
    this.attempt = attempt;
    this.young = young;
  }

  deref(): Answer | undefined {
    return this.strong ?? this.weak?.deref();
  }

  release(): void {
    const { young } = this;
    this.strong = this.weak = this.attempt = undefined;
    // Calls that follow one another leave one place, those beside each other a few until the next moment.
    while (young.length > 0 && young.at(-1)?.deref() === undefined) young.pop();
  }

  handOver(registry: Pick<FinalizationRegistry<Attempt>, 'register'>): void {
    const { strong, attempt } = this;
    if (strong === undefined || attempt === undefined) return;
    registry.register(strong, attempt);
    this.weak = weakly(strong);
    this.strong = undefined;
  }
}
