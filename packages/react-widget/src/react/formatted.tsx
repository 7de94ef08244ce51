import type { ReactElement } from 'react';
import { useHydrated } from './use-hydrated.ts';

/**
 * A formatted text. Server and browser may know different versions of a language's rules: the server's text is taken
 * over without complaint, then replaced, because React itself would leave it as it is. No `bdi`: in Arabic a percentage
 * begins with a mark that would turn its whole sentence round; the root says the direction.
 */
export function Formatted(props: { readonly text: string }): ReactElement {
  const isHydrated = useHydrated();
  return (
    <span key={String(isHydrated)} suppressHydrationWarning>
      {props.text}
    </span>
  );
}
