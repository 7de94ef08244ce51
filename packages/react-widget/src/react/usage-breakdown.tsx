import type { ReactElement } from 'react';
import type { UsageFormat } from '../format/create-usage-format.ts';
import type { UsageMessages } from '../format/usage-messages.ts';
import type { UsageCost, UsageShare, UsageSnapshot } from '../usage/usage-snapshot.ts';
import { Formatted } from './formatted.tsx';
import type { SlotAttributes } from './meter-slot.ts';

interface RowsProps {
  readonly usage: UsageSnapshot;
  readonly format: UsageFormat;
  readonly slot: SlotAttributes;
}

const kinds = [
  ['input', undefined],
  ['cached', 'input'],
  ['cacheWrite', 'input'],
  ['output', undefined],
  ['reasoning', 'output'],
] as const satisfies readonly (readonly [keyof UsageSnapshot['counts'] & keyof UsageMessages, string | undefined])[];

/** The total in parts, and what it cost. Parts are indented under what they are part of; unknown ones are left out. */
export function UsageBreakdown({ usage, format, slot }: RowsProps): ReactElement {
  const { counts, cost } = usage;
  const { messages } = format;
  return (
    <>
      <dl data-kt="rows">
        {kinds.map(([kind, whole]) => {
          const count = counts[kind];
          if (count === undefined || (whole && count === 0)) return null;
          const share = whole && kind === 'cached' && counts.input ? format.percent(count / counts.input) : '';
          return (
            <Row key={kind} {...{ slot, kind, whole, name: messages[kind], share }} value={format.number(count)} />
          );
        })}
        {cost && <Row {...{ slot, kind: 'cost', name: messages.cost }} value={format.cost(cost)} />}
      </dl>
    </>
  );
}

/** The most recent answer. */
export function LastReply({ usage, format, slot }: RowsProps): ReactElement | null {
  const { last } = usage;
  if (!last) return null;
  return (
    <dl data-kt="rows">
      <Row {...{ slot, kind: 'last', name: format.messages.last }} value={shareText(last, format)} />
    </dl>
  );
}

/** The greatest models, the rest in one row. */
export function UsageModels(props: RowsProps & { readonly modelName: (model: string) => string }): ReactElement | null {
  const { usage, format, slot, modelName } = props;
  const models = usage.models ?? [];
  if (models.length === 0) return null;
  const shown = models.slice(0, models.length > 4 ? 3 : 4);
  const rest = models.slice(shown.length).reduce((sum, { total }) => sum + total, 0);
  return (
    <>
      <p data-kt="caption">{format.messages.byModel}</p>
      <dl data-kt="rows">
        {shown.map(({ model, ...share }) => (
          <Row key={model} {...{ slot, kind: 'model', name: modelName(model) }} value={shareText(share, format)} />
        ))}
        {rest > 0 && <Row {...{ slot, kind: 'model', name: format.messages.other }} value={format.compact(rest)} />}
      </dl>
    </>
  );
}

function Row(props: {
  readonly slot: SlotAttributes;
  readonly kind: string;
  readonly name: string;
  /** What it is a part of. */
  readonly whole?: string | undefined;
  readonly share?: string;
  readonly value: string;
}): ReactElement {
  const { slot, kind, whole, name, share = '', value } = props;
  return (
    <div {...slot('row')} data-kind={kind} data-part={whole}>
      <dt>
        <bdi>{name}</bdi>
        {share !== '' && <Formatted text={share} />}
      </dt>
      <dd>
        <Formatted text={value} />
      </dd>
    </div>
  );
}

function shareText(
  { total, cost }: { readonly total: number; readonly cost?: UsageCost } & UsageShare,
  format: UsageFormat,
) {
  return cost ? `${format.compact(total)} · ${format.cost(cost)}` : format.compact(total);
}
