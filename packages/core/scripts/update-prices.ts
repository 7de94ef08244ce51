// Compiles the shipped price cards anew and says what changed. Run from the root: npm run prices:update
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine } from '../../../scripts/command-line.ts';
import { priceCards } from '../src/pricing/book/price-cards.ts';
import { compilePrices } from './compile-prices.ts';
import { priceCardsModule } from './price-cards-module.ts';
import { priceDiff } from './price-diff.ts';

const jsonPath = commandLine(
  `Usage: npm run prices:update -- [FILE]
Writes the cards as JSON into the file, too, for the option prices.cards.`,
  { allowPositionals: true },
  ({ positionals }) => {
    if (positionals.length > 1) throw new Error(`One file, not ${positionals.length}`);
    return positionals[0];
  },
);
const packageFile = new URL('../package.json', import.meta.resolve('@pydantic/genai-prices'));
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };
const licence = readFileSync(new URL('LICENSE', packageFile), 'utf8');
const { cards, leftOut } = compilePrices(version);

const changes = priceDiff(priceCards.text, cards.text);
console.log(changes.length === 0 ? 'No card has changed.' : changes.join('\n'));
console.log(`${leftOut.length} cards of the source are left out:\n${leftOut.join('\n')}`);
writeFileSync(
  fileURLToPath(new URL('../src/pricing/book/price-cards.ts', import.meta.url)),
  priceCardsModule(cards, licence),
);

if (jsonPath !== undefined)
  writeFileSync(resolve(process.env['INIT_CWD'] ?? '.', jsonPath), `${JSON.stringify(cards)}\n`);
