import { clientClass } from '../setup.ts';
import type { SetUp } from '../setup.ts';

/** The client nobody watches: what everything is compared with. */
export const bare: SetUp = ({ load }) => {
  const Client = clientClass(load('openai'));
  return {
    client: (options) => new Client(options),
    flush: () => Promise.resolve(),
    taken: () => Promise.resolve([]),
  };
};
