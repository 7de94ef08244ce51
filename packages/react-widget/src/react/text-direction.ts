import { namesOf } from '../format/match-locale.ts';

/** Direction of the script that a locale is written in. */
export function textDirection(locale: string): 'rtl' | 'ltr' {
  return /Arab|Hebr|Thaa/.test(namesOf(locale)[2]!) ? 'rtl' : 'ltr';
}
