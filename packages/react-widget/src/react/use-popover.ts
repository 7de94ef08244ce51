import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { RefObject } from 'react';
import { placePanel } from './place-panel.ts';

/** A panel in the top layer: above everything, never cut off, closed by Escape and by a click elsewhere. */
export interface PanelPopover {
  readonly rootRef: RefObject<HTMLDivElement | null>;
  readonly triggerRef: RefObject<HTMLButtonElement | null>;
  readonly panelRef: RefObject<HTMLDivElement | null>;
  readonly isOpen: boolean;
  /** For browsers without popovers: opens in place, as a disclosure. */
  readonly toggle: () => void;
}

/**
 * The browser's popover, joined to the trigger by property: React 18 and 19 each warn about another spelling of the
 * attribute.
 *
 * @param onOpenChange - Told after the fact.
 */
export function usePopover(isOffered: boolean, onOpenChange: ((isOpen: boolean) => void) | undefined): PanelPopover {
  const rootRef = useRef<HTMLDivElement>(null);
  const triggerRef = useRef<HTMLButtonElement>(null);
  const panelRef = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const tell = useRef(onOpenChange);
  useEffect(() => {
    tell.current = onOpenChange;
  });

  useEffect(() => {
    const [trigger, panel] = [triggerRef.current, panelRef.current];
    if (!isOffered || !trigger || !panel || !hasPopover()) return undefined;
    trigger.popoverTargetElement = panel;
    // The content is there before the panel is; it stays until the panel is gone, so that focus can find back.
    const onBefore = (event: Event): void => {
      if ((event as ToggleEvent).newState === 'open') setOpen(true);
    };
    const onToggle = (event: Event): void => {
      const isNowOpen = (event as ToggleEvent).newState === 'open';
      setOpen(isNowOpen);
      if (!isNowOpen) panel.style.visibility = '';
      tell.current?.(isNowOpen);
    };
    panel.addEventListener('beforetoggle', onBefore);
    panel.addEventListener('toggle', onToggle);
    return () => {
      panel.removeEventListener('beforetoggle', onBefore);
      panel.removeEventListener('toggle', onToggle);
      trigger.popoverTargetElement = null;
    };
  }, [isOffered]);

  useBrowserLayoutEffect(() => {
    const [root, panel] = [rootRef.current, panelRef.current];
    if (!isOpen || !root || !panel || !hasPopover()) return undefined;
    const place = (): void => placePanel(panel, root.getBoundingClientRect());
    const start = (): void => {
      place();
      panel.focus({ preventScroll: true });
    };
    if (panel.matches(':popover-open')) start();
    else panel.addEventListener('toggle', start, { once: true });
    addEventListener('resize', place);
    addEventListener('scroll', place, true);
    return () => {
      panel.removeEventListener('toggle', start);
      removeEventListener('resize', place);
      removeEventListener('scroll', place, true);
    };
  }, [isOpen]);

  const toggle = (): void => {
    const panel = panelRef.current;
    if (hasPopover() || !panel) return;
    panel.style.visibility = isOpen ? '' : 'visible';
    panel.style.position = isOpen ? '' : 'static';
    setOpen(!isOpen);
    onOpenChange?.(!isOpen);
  };
  return { rootRef, triggerRef, panelRef, isOpen, toggle };
}

function hasPopover(): boolean {
  return 'showPopover' in HTMLElement.prototype;
}

/** React 18 warns about layout effects in server rendering, where there is no layout. */
const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;
