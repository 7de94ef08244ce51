// @vitest-environment jsdom
import { act, cleanup, render } from '@testing-library/react';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { fullSnapshot } from '../../gallery/states.ts';
import { TokenMeter, createUsageStore } from '../../src/index.ts';
import type { UsageError } from '../../src/index.ts';
import { catalogs } from '../format/locales.ts';

const messages = [...catalogs.values()];
const states = /^(loading|empty|ok|near|critical|over|error)$/;

/** A good snapshot in which some values, at any depth, are something else. */
const spoiled: fc.Arbitrary<unknown> = fc
  .array(
    fc.tuple(
      // A field by its name first: there are many days and one currency.
      fc.nat(25),
      fc.oneof(fc.constant(0), fc.nat(200)),
      fc.oneof(
        fc.jsonValue(),
        fc.constantFrom(-1, 1e308, Number.NaN, Infinity, '1e999', '-5', '', 'XX', '99999999999999999999', '2026-99-99'),
      ),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((changes) => {
    const places: (readonly [object, string])[] = [];
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        places.push([value, key]);
        visit(inner);
      }
    };
    const snapshot = structuredClone(fullSnapshot);
    visit(snapshot);
    for (const [field, index, value] of changes) {
      const names = [...new Set(places.map(([, key]) => key).filter((key) => !/^\d+$/.test(key)))];
      const name = names[field % names.length];
      const alike = places.filter(([, key]) => key === name);
      const [owner, key] = alike[index % alike.length] ?? [{}, ''];
      (owner as { [name: string]: unknown })[key] = value;
    }
    return snapshot;
  });

test('whatever an endpoint answers, the widget shows a state, no nonsense, and tells at most once', () => {
  const printed = vi.spyOn(console, 'error');
  let panels = 0;
  fc.assert(
    fc.property(
      fc.oneof({ weight: 4, arbitrary: spoiled }, fc.jsonValue()),
      fc.oneof(fc.constantFrom('en', 'ru', 'ar', 'zh-TW', 'nonsense!'), fc.string()),
      fc.oneof(fc.constantFrom('UTC', 'Mars/Base'), fc.string()),
      (body, locale, timeZone) => {
        const errors: UsageError[] = [];
        const store = createUsageStore({ onError: (error) => errors.push(error) });
        const { container } = render(
          <TokenMeter store={store} locale={locale} timeZone={timeZone} messages={messages} />,
        );
        act(() => void store.apply(body));
        act(() => container.querySelector<HTMLElement>('[data-kt=trigger]')?.click());
        if (container.querySelector('[data-kt=footer]')) panels += 1;
        const root = container.querySelector<HTMLElement>('[data-kt=root]');
        expect(root?.dataset['state']).toMatch(states);
        expect(root?.outerHTML).not.toMatch(/NaN|Infinity|undefined|\[object/);
        expect(errors.length).toBeLessThanOrEqual(1);
        cleanup();
      },
    ),
    { numRuns: 400 },
  );
  expect(panels).toBeGreaterThan(100);
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
}, 120_000);
