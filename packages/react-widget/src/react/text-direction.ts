/** Direction of a language's script. */
export function textDirection(locale: string): 'rtl' | 'ltr' {
  return /^(ar|he|fa|ur|ps|yi|dv|ckb|ug|sd)\b/.test(locale) ? 'rtl' : 'ltr';
}
