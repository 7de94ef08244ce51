import { mergeAttribution } from '../attribution/attribute.ts';
import type { AttributeAttempt, LateHints } from '../attribution/attribute.ts';
import type { Attribution } from '../attribution/attribution.ts';
import type { TurnLedger } from '../attribution/turn-ledger.ts';
import type { Attempt } from '../capture/attempt/attempt.ts';
import type { UsageRecord } from '../recording/usage-record.ts';

/** Whose an attempt is. */
export interface AttemptOwner {
  /** Found out from its turn and its request; `late` is what only the answer says. */
  attribution(late?: LateHints): Attribution;
  readonly ledger: TurnLedger<UsageRecord> | undefined;
}

/** The turn an attempt belongs to, as far as it is remembered. */
interface OwningTurn {
  readonly attribution: Attribution;
  readonly ledger: TurnLedger<UsageRecord> | undefined;
}

export function createAttemptOwner(
  attempt: Attempt,
  turn: OwningTurn | undefined,
  attributeOf: AttributeAttempt,
): AttemptOwner {
  return new Owner(attempt, turn, attributeOf);
}

/** A class, for there is one of these per call; see ADR 0011. */
class Owner implements AttemptOwner {
  readonly ledger: TurnLedger<UsageRecord> | undefined;
  private readonly attempt: Attempt;
  private readonly said: Attribution | undefined;
  private readonly found: Attribution | undefined;
  private readonly attributeOf: AttributeAttempt;

  constructor(attempt: Attempt, turn: OwningTurn | undefined, attributeOf: AttributeAttempt) {
    this.attempt = attempt;
    this.ledger = turn?.ledger;
    this.said = turn?.attribution;
    this.attributeOf = attributeOf;
    // A call is asked about while its request is at hand, a look at something else when it has shown what it is.
    this.found = attempt.kind === 'call' ? attributeOf(attempt) : undefined;
  }

  attribution(late?: LateHints): Attribution {
    const { attempt } = this;
    return mergeAttribution(attempt.kind === 'call' ? this.found : this.attributeOf(attempt, late), this.said);
  }
}
