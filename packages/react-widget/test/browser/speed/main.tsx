/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import { createElement, useEffect } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { fullSnapshot } from '../../../gallery/states.ts';
import { TokenMeter, createUsageStore } from '../../../src/index.ts';
import type { UsageStore } from '../../../src/index.ts';
import '../../../src/styles.css';

const app = document.querySelector('#app') as HTMLElement;
const frame = (rev: number) => ({
  id: `m${rev}`,
  rev,
  add: { total: 100_000, counts: { input: 90_000, output: 10_000 } },
});
const nextFrame = (): Promise<number> => new Promise(requestAnimationFrame);

/**
 * Milliseconds of each of many mounts, with first style and layout and without: of the widget, and in turn with it of the
 * same elements with nothing behind them.
 */
async function mounts(count: number) {
  const times = { widget: empty(), elements: empty() };
  let copy: ReactNode;
  for (let index = 0; index < count; index += 1) {
    const store = createUsageStore({ initial: fullSnapshot });
    for (const [kind, each] of Object.entries(times)) {
      const content = kind === 'widget' ? <TokenMeter store={store} /> : copy;
      const root = createRoot(app);
      await nextFrame();
      const start = performance.now();
      flushSync(() => root.render(content));
      each.script.push(performance.now() - start);
      void app.offsetHeight;
      each.whole.push(performance.now() - start);
      copy ??= [...app.childNodes].map(copyOf);
      root.unmount();
    }
  }
  return times;
}

function empty(): { readonly [Part in 'whole' | 'script']: number[] } {
  return { whole: [], script: [] };
}

/** Makes an element like one of the page, and all that is in it. */
function copyOf(node: Node, index: number): ReactNode {
  if (!(node instanceof Element)) return node.textContent;
  const attributes = [...node.attributes].map(({ name, value }) => [propertyNames[name] ?? name, value]);
  const content = [...node.childNodes].map(copyOf);
  return createElement(
    node.localName,
    { key: index, ...Object.fromEntries(attributes) },
    content.length > 0 ? content : undefined,
  );
}

const propertyNames: { readonly [attribute: string]: string } = { class: 'className', tabindex: 'tabIndex' };

/** How often the widget and the app around it were rendered; a production build has no profiler. */
const renders = { widget: 0, app: 0 };
const classNames = {
  /** Read once per rendering of the widget. */
  get root(): string {
    renders.widget += 1;
    return 'counted';
  },
};

function App({ store }: { readonly store: UsageStore }): ReactElement {
  useEffect(() => {
    renders.app += 1;
  });
  return <TokenMeter store={store} classNames={classNames} />;
}

/** Milliseconds of script per update, and from the frame to the changed text. */
async function updates(count: number) {
  const store = createUsageStore({ initial: fullSnapshot });
  const root = createRoot(app);
  flushSync(() => root.render(<App store={store} />));
  await nextFrame();
  const before = { ...renders };
  const [script, text]: [number[], number[]] = [[], []];
  for (let index = 0; index < count; index += 1) {
    await nextFrame();
    await nextFrame();
    const changed = new Promise<number>((resolve) => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        resolve(performance.now());
      });
      observer.observe(app, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    const start = performance.now();
    store.apply(frame(42 + index));
    script.push(performance.now() - start);
    text.push((await changed) - start);
  }
  root.unmount();
  return { script, text, widgetRenders: renders.widget - before.widget, appRenders: renders.app - before.app };
}

/** Frames of the screen per second while so many usage frames per second arrive. */
async function storm(perSecond: number, seconds: number) {
  const store = createUsageStore({ initial: fullSnapshot });
  const root = createRoot(app);
  flushSync(() => root.render(<TokenMeter store={store} />));
  const start = await nextFrame();
  let [applied, shown, longestMs, last] = [0, 0, 0, start];
  const channel = new MessageChannel();
  channel.port1.addEventListener('message', () => {
    const due = ((performance.now() - start) / 1000) * perSecond;
    for (; applied < due; applied += 1) store.apply(frame(42 + applied));
    if (performance.now() - start < seconds * 1000) setTimeout(() => channel.port2.postMessage(0), 1);
  });
  channel.port1.start();
  channel.port2.postMessage(0);
  while (performance.now() - start < seconds * 1000) {
    const now = await nextFrame();
    shown += 1;
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }
  root.unmount();
  return { framesPerSecond: (shown / (last - start)) * 1000, longestMs, applied };
}

Object.assign(globalThis, { mounts, updates, storm });
