// Takes the pictures of docs/guide/widget.md: npm run screenshots -w packages/react-widget
import { join } from 'node:path';
import { builtPage } from '../test/browser/built-page.ts';
import { startChromium } from '../test/browser/chromium.ts';

const folder = join(import.meta.dirname, '../../../docs/guide/images');
const site = await builtPage({ root: 'gallery', isDevelopment: false });
const browser = await startChromium();

const pictures = [
  ['widget-light', 'locale=en&locale=ru&variant=card&scheme=light', false],
  ['widget-dark', 'locale=zh&locale=ar&variant=card&scheme=dark', false],
  ['widget-panel', 'locale=es&variant=card&scheme=light&state=ok&state=near', true],
] as const;
for (const [name, query, isOpen] of pictures) {
  const page = await browser.newPage({ viewport: { width: isOpen ? 560 : 1080, height: isOpen ? 640 : 400 } });
  await page.goto(`${site.url}?${query}`);
  await page.waitForSelector('[data-kt=message]');
  if (isOpen) {
    await page.click('[data-state=ok] button');
    await page.waitForSelector('[data-kt=refresh]', { state: 'visible' });
  }
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: !isOpen });
}
await browser.close();
await site.close();
