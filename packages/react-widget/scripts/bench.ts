// What the widget costs a page, at full speed and on a processor four times as slow
import { cpus } from 'node:os';
import { builtPage } from '../test/browser/built-page.ts';
import { startChromium } from '../test/browser/chromium.ts';

declare const mounts: (count: number) => Promise<number[]>;
declare const updates: (count: number) => Promise<{ script: number[]; text: number[] }>;
declare const storm: (
  perSecond: number,
  seconds: number,
) => Promise<{ fps: number; longestMs: number; applied: number }>;

const site = await builtPage({ root: 'test/browser/speed', isDevelopment: false });
const browser = await startChromium();
console.log(`Chromium ${browser.version()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`);
for (const rate of [1, 4]) {
  const page = await browser.newPage({ viewport: { width: 400, height: 400 } });
  const session = await page.context().newCDPSession(page);
  await page.goto(site.url);
  await session.send('Emulation.setCPUThrottlingRate', { rate });
  await page.evaluate(() => mounts(50));
  const mount = await page.evaluate(() => mounts(200));
  const { script, text } = await page.evaluate(() => updates(200));
  const still = await page.evaluate(() => storm(0, 2));
  const { fps, longestMs, applied } = await page.evaluate(() => storm(1000, 5));
  console.log(`CPU ${rate}x slower`);
  console.log(`  mount              p50 ${at(mount, 0.5)} ms, p95 ${at(mount, 0.95)} ms`);
  console.log(`  update, script     p50 ${at(script, 0.5)} ms, p95 ${at(script, 0.95)} ms`);
  console.log(`  frame to text      p50 ${at(text, 0.5)} ms, p95 ${at(text, 0.95)} ms`);
  console.log(`  no frames          ${still.fps.toFixed(1)} fps, longest gap ${still.longestMs.toFixed(1)} ms`);
  console.log(`  1,000 frames/s     ${fps.toFixed(1)} fps, longest gap ${longestMs.toFixed(1)} ms, ${applied} applied`);
  await page.close();
}
await browser.close();
await site.close();

function at(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(2);
}
