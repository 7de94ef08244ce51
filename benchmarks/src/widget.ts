// What does the widget cost a page, at full speed and on a processor four times as slow?
// Run from the root: npm run bench -- --only widget. Needs a Chromium, as the tests of the widget do.
import { builtPage } from '../../packages/react-widget/test/browser/built-page.ts';
import { startChromium } from '../../packages/react-widget/test/browser/chromium.ts';

declare const mounts: (
  count: number,
) => Promise<{ [Kind in 'widget' | 'elements']: { whole: number[]; script: number[] } }>;
declare const updates: (
  count: number,
) => Promise<{ script: number[]; text: number[]; widgetRenders: number; appRenders: number }>;
declare const storm: (
  perSecond: number,
  seconds: number,
) => Promise<{ framesPerSecond: number; longestMs: number; applied: number }>;

const updateCount = 200;
const site = await builtPage({ root: 'test/browser/speed', isDevelopment: false });
const browser = await startChromium();
console.log(`Chromium ${browser.version()}, Node ${process.version}`);
for (const rate of [1, 4]) {
  const page = await browser.newPage({ viewport: { width: 400, height: 400 } });
  const session = await page.context().newCDPSession(page);
  await page.goto(site.url);
  await session.send('Emulation.setCPUThrottlingRate', { rate });
  await page.evaluate(() => mounts(50));
  const mount = await page.evaluate(() => mounts(200));
  const update = await page.evaluate((count) => updates(count), updateCount);
  const still = await page.evaluate(() => storm(0, 2));
  const stormy = await page.evaluate(() => storm(1000, 5));
  console.log(`CPU ${rate}x slower`);
  console.log(`  mount            ${times(mount.widget.whole)}`);
  console.log(`    script         ${times(mount.widget.script)}`);
  console.log(`  its elements     ${times(mount.elements.whole)}; the same ones with nothing behind them`);
  console.log(`    script         ${times(mount.elements.script)}`);
  console.log(`  update, script   ${times(update.script)}`);
  console.log(`  frame to DOM     ${times(update.text)}; one frame of the screen is 16.67 ms`);
  console.log(
    `  renders          ${update.widgetRenders / updateCount} of the widget and ${update.appRenders / updateCount} of the app per update`,
  );
  console.log(`  no frames        ${screen(still)}`);
  console.log(`  1,000 frames/s   ${screen(stormy)}, ${stormy.applied} applied`);
  await page.close();
}
await browser.close();
await site.close();

function times(each: readonly number[]): string {
  const sorted = each.toSorted((a, b) => a - b);
  const [p50 = 0, p95 = 0, longest = 0] = [0.5, 0.95, 1].map((part) => sorted[Math.floor(part * (sorted.length - 1))]);
  return `p50 ${p50.toFixed(2)} ms, p95 ${p95.toFixed(2)} ms, max ${longest.toFixed(2)} ms`;
}

function screen({ framesPerSecond, longestMs }: Awaited<ReturnType<typeof storm>>): string {
  return `${framesPerSecond.toFixed(1)} frames per second on screen, longest gap ${longestMs.toFixed(1)} ms`;
}
