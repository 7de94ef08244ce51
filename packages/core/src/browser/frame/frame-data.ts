import { withoutUndefined } from '../../without-undefined.ts';
import { checkFrame } from './check-frame.ts';
import { costAmount } from '../cost-amount.ts';
import type { CostAmount } from '../cost-amount.ts';
import type { FrameOptions, FrameUsage } from './frame-options.ts';
import { knownTotal, shownCount, usageCounts } from '../usage-counts.ts';
import type { UsageCounts } from '../usage-counts.ts';
import { isExposed } from '../usage-exposure.ts';
import type { UsageExposure } from '../usage-exposure.ts';
import { addToModel, modelList } from '../snapshot/usage-models.ts';
import type { ModelSums, UsageModel } from '../snapshot/usage-models.ts';
import type { QuotaState } from '../snapshot/usage-quota.ts';

/** The usage of one reply, as the widget reads it: the `kilotoken` field of a frame. */
export interface FrameData {
  /** Version of this shape. */
  readonly v: 1;
  /** Identifies the reply. */
  readonly id: string;
  /** `rev` of the totals that include it. */
  readonly rev?: number;
  /** What the reply adds to the total. */
  readonly add: FrameAddition;
  /** The user's total tokens, including this reply. */
  readonly total?: number;
  /** The quota after it. */
  readonly quota?: QuotaState;
}

/** What one reply used. */
export interface FrameAddition {
  /** Tokens; absent if unknown. */
  readonly total?: number;
  /** The total in parts. */
  readonly counts: UsageCounts;
  /** Estimated tokens of the total; absent if there are none. */
  readonly estimated?: number;
  /** True if a call of the reply had not ended yet. */
  readonly partial?: true;
  /** Only with `expose: ['cost']`, and if something is priced. */
  readonly cost?: CostAmount;
  /** Only with `expose: ['models']`. */
  readonly models?: readonly UsageModel[];
}

/** Builds the part of a frame that is ours. */
export function frameData(usage: FrameUsage, options: FrameOptions = {}): FrameData {
  checkFrame(usage, options);
  const { total, expose } = options;
  const tokensInAll = typeof total === 'object' ? total.tokens.totalTokens : total;
  const quota = options.quota?.unit === 'cost' && !isExposed(expose, 'cost') ? undefined : options.quota;
  return withoutUndefined<FrameData>({
    v: 1,
    id: options.id ?? replyId(usage),
    rev: options.rev ?? (typeof total === 'object' ? total.rev : undefined),
    add: frameAddition(usage, expose),
    total: tokensInAll === undefined ? undefined : shownCount(tokensInAll),
    quota,
  });
}

function frameAddition(usage: FrameUsage, expose: readonly UsageExposure[] | undefined): FrameAddition {
  const estimated = (usage.records ?? [])
    .filter(({ origin }) => origin === 'estimated')
    .reduce((sum, { tokens }) => sum + (knownTotal(tokens) ?? 0), 0);
  return withoutUndefined<FrameAddition>({
    total: knownTotal(usage.tokens),
    counts: usageCounts(usage.tokens),
    estimated: estimated === 0 ? undefined : estimated,
    partial: usage.complete === false ? true : undefined,
    cost: isExposed(expose, 'cost') ? frameCost(usage) : undefined,
    models: isExposed(expose, 'models') ? frameModels(usage, isExposed(expose, 'cost')) : undefined,
  });
}

function frameCost({ cost, complete }: FrameUsage): CostAmount | undefined {
  return cost === undefined
    ? undefined
    : costAmount(BigInt(cost.picoUsd), cost.unpricedCalls === 0 && complete !== false);
}

function frameModels({ records = [], cost }: FrameUsage, withCost: boolean): readonly UsageModel[] {
  const sums: ModelSums = new Map();
  for (const { responseModel, requestModel, tokens, cost: own } of records) {
    addToModel(sums, responseModel ?? requestModel, knownTotal(tokens), BigInt(own.picoUsd ?? 0));
  }
  const isComplete = cost?.unpricedCalls === 0;
  return modelList(sums, (picoUsd) => (withCost ? costAmount(picoUsd, isComplete) : undefined));
}

function replyId({ records = [] }: FrameUsage): string {
  const named = records.find(({ attribution }) => attribution.messageId !== undefined);
  const callId = records[0]?.callId;
  // Of a background response and the like it begins with the provider's address, which is no browser's business.
  return (
    named?.attribution.messageId ?? callId?.slice(callId.indexOf('/', 'https://'.length) + 1) ?? crypto.randomUUID()
  );
}
