import { createElement } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type { MeterSlot } from './meter-slot.ts';
import { useHydrated } from './use-hydrated.ts';

/** Makes an element with its name and the app's class name: a `span` of a text, a `div` of anything else. */
export type MakeElement = (name: string, content?: ReactNode, props?: object | false, tag?: string) => ReactElement;

/**
 * Makes the elements of a widget. Server and browser may know different versions of a language's rules: the server's
 * text is taken over without complaint, then replaced, because React itself would leave it as it is. No `bdi`: in Arabic
 * a percentage begins with a mark that would turn its whole sentence round; the root says the direction.
 */
export function useElements(classNames: { readonly [Slot in MeterSlot]?: string | undefined } = {}): MakeElement {
  const isHydrated = useHydrated();
  return (name, content, props, tag) => {
    const isText = typeof content === 'string';
    return createElement(
      tag ?? (isText ? 'span' : 'div'),
      {
        key: isText || name === 'bar' ? `${name}${isHydrated}` : name,
        'data-kt': name,
        className: classNames[name as MeterSlot],
        suppressHydrationWarning: true,
        ...props,
      },
      content,
    );
  };
}
