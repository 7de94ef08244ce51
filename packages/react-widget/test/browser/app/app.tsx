import { StrictMode } from 'react';
import type { ReactElement } from 'react';
import { fullSnapshot } from '../../../gallery/states.ts';
import { MessageTokens, TokenMeter } from '../../../src/index.ts';
import type { UsageMessages } from '../../../src/index.ts';

/** All languages that are published. */
const catalogs = Object.values(
  import.meta.glob<UsageMessages>('../../../src/locales/*.json', { eager: true, import: 'default' }),
);

const initial = { ...fullSnapshot, asOf: new Date().toISOString() };

/** A page as an app would render it on the server: with data, one widget per language, and one without data. */
export function App(): ReactElement {
  return (
    <StrictMode>
      <TokenMeter src="/api/usage" id="empty" />
      {catalogs.map((messages) => (
        <section key={messages.locale} id={messages.locale} aria-label={messages.locale}>
          <TokenMeter initial={initial} src="/api/usage" messages={messages} />
          <MessageTokens input={1170} output={64} messages={messages} />
        </section>
      ))}
    </StrictMode>
  );
}
