import { useEffect, useRef, useState } from 'react';
import type { SyntheticEvent } from 'react';

/** A panel in the top layer: above everything, never cut off, closed by Escape and by a click elsewhere. */
export type PanelPopover = readonly [
  /** Milliseconds since 1970; absent while it is closed. */
  openedAt: number | undefined,
  /** Properties of the button that belongs to it. */
  trigger: object,
  /** Properties of the panel. */
  panel: object,
];

/**
 * The browser's popover, joined to the trigger by property: React 18 and 19 each warn about another spelling of the
 * attribute. The style sheet places it.
 *
 * @param onOpenChange - Told after the fact.
 */
export function usePopover(onOpenChange: ((isOpen: boolean) => void) | undefined): PanelPopover {
  const triggerRef = useRef<HTMLButtonElement>(null);
  const panelRef = useRef<HTMLDivElement>(null);
  const [openedAt, setOpenedAt] = useState<number>();
  useEffect(() => {
    if (openedAt) panelRef.current?.focus({ preventScroll: true });
  }, [openedAt]);
  const setOpen = (isOpen: boolean): void => {
    setOpenedAt(isOpen ? Date.now() : undefined);
    onOpenChange?.(isOpen);
  };
  useEffect(() => {
    const panel = panelRef.current;
    if (triggerRef.current) triggerRef.current.popoverTargetElement = panel;
    if (!openedAt) return undefined;
    // One that went while it was open, as with the user's usage, says nothing of it.
    if (!panel) return setOpen(false);
    // Before anyone else on the page hears of it: a dialog round the widget would close as well.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      // In a shadow tree browsers forget where focus was.
      if (panel.matches(':focus-within')) triggerRef.current?.focus();
      if (panel.hidePopover) panel.hidePopover();
      else setOpen(false);
    };
    addEventListener('keydown', onKey, true);
    return () => removeEventListener('keydown', onKey, true);
  });
  return [
    openedAt,
    {
      ref: triggerRef,
      'aria-haspopup': 'dialog',
      'aria-expanded': !!openedAt,
      // Opens or closes it where there are no popovers; others need no telling.
      onClick() {
        if (!panelRef.current?.togglePopover) setOpen(!openedAt);
      },
    },
    {
      ref: panelRef,
      popover: 'auto',
      role: 'dialog',
      tabIndex: -1,
      // Not `onToggle`: React 18 hears of an event that does not bubble only on its way down.
      onToggleCapture: ({ nativeEvent }: SyntheticEvent) => setOpen((nativeEvent as ToggleEvent).newState === 'open'),
    },
  ];
}
