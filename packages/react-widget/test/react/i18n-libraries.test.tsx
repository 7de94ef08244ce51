// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/react';
import { createInstance } from 'i18next';
import { I18nextProvider, initReactI18next, useTranslation } from 'react-i18next';
import type { ReactElement } from 'react';
import { IntlProvider as ReactIntlProvider, useIntl } from 'react-intl';
import { afterEach, describe, expect, test } from 'vitest';
import { IntlProvider, useLocale, useMessages, useTimeZone } from 'use-intl';
import { fullSnapshot } from '../../gallery/states.ts';
import { TokenMeter } from '../../src/index.ts';
import type { UsageMessages } from '../../src/index.ts';
import { catalogs, plain } from '../format/locales.ts';

afterEach(cleanup);

/** The first instant of December in UTC is still November in this zone. */
const timeZone = 'America/Los_Angeles';
const text = (name: string): string => plain(document.querySelector(`[data-kt=${name}]`)?.textContent ?? '');
const catalog = (tag: string): UsageMessages => catalogs.get(tag) as UsageMessages;

/** The app's own word for what the widget calls tokens. */
const mine = { ...catalog('ru'), tokens: { one: '{n} очко', few: '{n} очка', many: '{n} очков', other: '{n} очка' } };

describe('the words of the app', () => {
  test('come from react-i18next, and change with its language', async () => {
    const i18n = createInstance();
    await i18n.use(initReactI18next).init({
      lng: 'ru-RU',
      fallbackLng: 'es',
      supportedLngs: ['ru', 'es'],
      nonExplicitSupportedLngs: true,
      resources: { ru: { translation: { kilotoken: mine } }, es: { translation: { kilotoken: catalog('es') } } },
    });
    function Meter(): ReactElement {
      const { t, i18n: current } = useTranslation();
      const messages = t('kilotoken', { returnObjects: true }) as unknown as UsageMessages;
      return <TokenMeter usage={fullSnapshot} locale={current.resolvedLanguage} messages={messages} />;
    }
    const page = (): ReactElement => (
      <I18nextProvider i18n={i18n}>
        <Meter />
      </I18nextProvider>
    );
    const { rerender } = render(page());
    expect(text('value')).toBe('1,2 млн очков');
    await i18n.changeLanguage('es-MX');
    rerender(page());
    expect(text('value')).toBe('1,2 M de tokens');
    expect(text('meta')).toMatch(/^61 % de la cuota/);
  });

  test('stand beside those of react-intl, in its language and time zone', () => {
    function Meter(): ReactElement {
      const { locale, timeZone: zone } = useIntl();
      return (
        <TokenMeter
          usage={fullSnapshot}
          locale={locale}
          timeZone={zone}
          messages={[catalog('ru'), catalog('es'), catalog('zh')]}
        />
      );
    }
    render(
      <ReactIntlProvider locale="zh-CN" timeZone={timeZone} messages={{}} onError={() => undefined}>
        <Meter />
      </ReactIntlProvider>,
    );
    expect(text('value')).toBe('123.5万 Token');
    expect(text('meta')).toContain('11月30日');
  });

  test('come from next-intl, in its language and time zone', () => {
    function Meter(): ReactElement {
      const { kilotoken } = useMessages() as { readonly kilotoken: UsageMessages };
      return <TokenMeter usage={fullSnapshot} locale={useLocale()} timeZone={useTimeZone()} messages={kilotoken} />;
    }
    render(
      <IntlProvider locale="ru" timeZone={timeZone} messages={{ kilotoken: mine }}>
        <Meter />
      </IntlProvider>,
    );
    expect(text('value')).toBe('1,2 млн очков');
    expect(text('meta')).toContain('30 нояб.');
  });
});
