import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UsageMessages } from '../../src/format/usage-messages.ts';

const folder = join(import.meta.dirname, '../../src/locales');

/** Every catalog that is published, by its tag. */
export const catalogs: ReadonlyMap<string, UsageMessages> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name.slice(0, -5), JSON.parse(readFileSync(join(folder, name), 'utf8')) as UsageMessages]),
);

/** Token counts and how they are written, checked in Node and in Chromium; spaces are plain here. */
export const tokenTexts: readonly (readonly [locale: string, count: number, text: string])[] = [
  ['en', 0, '0 tokens'],
  ['en', 1, '1 token'],
  ['en', 1_234_567, '1.2M tokens'],
  ['ru', 0, '0 токенов'],
  ['ru', 1, '1 токен'],
  ['ru', 2, '2 токена'],
  ['ru', 11, '11 токенов'],
  ['ru', 21, '21 токен'],
  ['ru', 101, '101 токен'],
  ['ru', 12_345, '12,3 тыс. токенов'],
  ['ru', 1_234_567, '1,2 млн токенов'],
  ['uk', 3, '3 токени'],
  ['uk', 5, '5 токенів'],
  ['uk', 1_234_567, '1,2 млн токенів'],
  ['pl', 21, '21 tokenów'],
  ['pl', 22, '22 tokeny'],
  ['pl', 1_234_567, '1,2 mln tokenów'],
  ['es', 1, '1 token'],
  ['es', 999_900, '999,9 mil tokens'],
  ['es', 999_999, '1 M de tokens'],
  ['es', 1_234_567, '1,2 M de tokens'],
  ['fr', 0, '0 token'],
  ['fr', 1_234_567, '1,2 M de tokens'],
  ['it', 1_234_567, '1,2 Mln di token'],
  ['pt-BR', 0, '0 token'],
  ['pt-BR', 1_234_567, '1,2 mi de tokens'],
  ['zh', 1_234_567, '123.5万 Token'],
  ['zh-Hant', 1_234_567, '123.5萬 Token'],
  ['ja', 1_234_567, '123.5万トークン'],
  ['ko', 1_234_567, '토큰 123.5만개'],
  ['de', 1, '1 Token'],
  ['de', 999_949, '999.949 Tokens'],
  ['de', 1_234_567, '1,2 Mio. Tokens'],
  ['tr', 1_234_567, '1,2 Mn token'],
  ['hi', 1_234_567, '12.3 लाख टोकन'],
  ['he', 1, 'טוקן אחד'],
  ['he', 2, 'שני טוקנים'],
  ['ar', 0, 'لا رموز'],
  ['ar', 1, 'رمز واحد'],
  ['ar', 2, 'رمزان'],
];

/** Spaces and direction marks as people read them. */
export function plain(text: string): string {
  return text.replaceAll(/[\u00A0\u202F]/g, ' ').replaceAll(/[\u200E\u200F\u061C]/g, '');
}
