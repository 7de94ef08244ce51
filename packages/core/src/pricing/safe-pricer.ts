import type { Pricer } from './pricer.ts';

/** A pricer whose loader of prices, the app's code, may fail without harm: then a call is unpriced, and `onFault` hears of it. */
export function safePricer(price: Pricer, onFault: (cause: unknown) => void): Pricer {
  return (call) => {
    try {
      return price(call);
    } catch (cause) {
      onFault(cause);
      return { basis: 'unpriced' };
    }
  };
}
