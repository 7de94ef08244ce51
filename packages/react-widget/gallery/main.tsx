/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import '@fontsource/noto-sans-sc/400.css';
import '@fontsource/noto-sans-sc/600.css';
import '@fontsource/noto-sans-arabic/400.css';
import '@fontsource/noto-sans-arabic/600.css';
import { StrictMode, useState } from 'react';
import type { ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { MessageTokens, TokenMeter, createUsageStore } from '../src/index.ts';
import type { TokenMeterProps, UsageMessages } from '../src/index.ts';
import '../src/styles.css';
import './gallery.css';
import { createUsageFormat } from '../src/server.ts';
import { fullSnapshot, states } from './states.ts';

const catalogs = Object.values(
  import.meta.glob<UsageMessages>('../src/locales/*.json', { eager: true, import: 'default' }),
);
const query = new URLSearchParams(location.search);
const locales = query.getAll('locale');
const { documentElement } = document;
documentElement.dataset['scheme'] = query.get('scheme') ?? '';
documentElement.dir = query.get('dir') ?? (/^(ar|he)/.test(locales[0] ?? '') ? 'rtl' : 'ltr');
documentElement.lang = locales[0] ?? 'en';
if (query.has('reset')) await import('./hostile-reset.css');
const variants = query.has('variant') ? [query.get('variant')] : ['card', 'line'];
const only = query.getAll('state');

function Pending(props: TokenMeterProps): ReactElement {
  const [store] = useState(() => {
    const made = createUsageStore({ initial: fullSnapshot });
    const { last } = fullSnapshot;
    made.apply({ id: 'm1', rev: 42, add: { ...last, counts: { input: 3900, output: 200 } } });
    return made;
  });
  return <TokenMeter {...props} store={store} />;
}

function Gallery(): ReactElement {
  const all: readonly (readonly [string, TokenMeterProps])[] = [...Object.entries(states), ['pending', {}]];
  return (
    <>
      {(locales.length > 0 ? locales : ['en', 'ru', 'zh', 'es', 'ar']).flatMap((locale) =>
        variants.map((variant) => (
          <section key={locale + variant} aria-label={`${locale} ${variant}`}>
            <h1>
              {locale}, {variant}
            </h1>
            <dl className="states">
              {all
                .filter(([name]) => only.length === 0 || only.includes(name))
                .map(([name, props]) => {
                  const meter = {
                    ...props,
                    locale,
                    messages: catalogs,
                    timeZone: 'UTC',
                    now: Date.parse('2026-11-22T10:05:00Z'),
                    variant: variant === 'line' ? ('line' as const) : ('card' as const),
                    id: `${locale}-${variant}-${name.replace(' ', '-')}`,
                  };
                  return (
                    <div key={name}>
                      <dt>{name}</dt>
                      <dd>{name === 'pending' ? <Pending {...meter} /> : <TokenMeter {...meter} />}</dd>
                    </div>
                  );
                })}
              <div>
                <dt>message</dt>
                <dd>
                  <MessageTokens
                    input={1170}
                    output={64}
                    cost={{ amount: '0.0312', currency: 'USD', complete: true }}
                    locale={locale}
                    messages={catalogs}
                  />
                </dd>
              </div>
            </dl>
          </section>
        )),
      )}
    </>
  );
}

// The fonts come in slices; without them a picture would show boxes instead of letters.
const letters = JSON.stringify(catalogs);
await Promise.all(
  ['Noto Sans SC', 'Noto Sans Arabic'].flatMap((family) =>
    [400, 600].map((weight) => document.fonts.load(`${weight} 1rem '${family}'`, `${letters}万亿月日年，。`)),
  ),
);

createRoot(document.querySelector('#app') as Element).render(
  <StrictMode>
    <Gallery />
  </StrictMode>,
);

// For checks in a console.
Object.assign(globalThis, { kilotoken: { createUsageFormat } });
