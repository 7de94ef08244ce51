import { withoutUndefined } from '@kilotoken/core/store-kit';

/** Names of the totals on the app's user document; `false` leaves one out. */
export interface UserFields {
  /** Default `totalTokensUsed`. */
  readonly totalTokens?: string | false;
  /** Default `totalPromptTokens`. */
  readonly inputTokens?: string | false;
  /** Default `totalCompletionTokens`. */
  readonly outputTokens?: string | false;
  /** Integer pico-USD (1e-12 USD). Default `totalCostPicoUsd`. */
  readonly picoUsd?: string | false;
}

/** Which fields of a user document are ours. */
export interface UserLayout {
  readonly fields: Readonly<Record<keyof UserFields, string | false>>;
  /** The one field that holds everything else: guard entries, split sums and the count of records. */
  readonly guard: string;
}

/** Default names. */
export const defaultUserLayout: UserLayout = {
  fields: {
    totalTokens: 'totalTokensUsed',
    inputTokens: 'totalPromptTokens',
    outputTokens: 'totalCompletionTokens',
    picoUsd: 'totalCostPicoUsd',
  },
  guard: '_kt',
};

/** The names in use. A name that is `undefined` was not given; the default stands. */
export function userLayout(names: {
  readonly fields?: UserFields | undefined;
  readonly guard?: string | undefined;
}): UserLayout {
  return {
    fields: { ...defaultUserLayout.fields, ...withoutUndefined(names.fields ?? {}) },
    guard: names.guard ?? defaultUserLayout.guard,
  };
}
