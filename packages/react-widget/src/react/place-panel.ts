const gap = 6;
const margin = 8;

/** Puts the panel under its anchor, or above where there is more room, inside of the window. */
export function placePanel(panel: HTMLElement, anchor: DOMRect): void {
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  // Unconstrained first: otherwise the panel would be measured with the size of its last place.
  panel.style.maxBlockSize = '';
  const { offsetWidth, offsetHeight } = panel;
  const below = height - anchor.bottom - gap - margin;
  const above = anchor.top - gap - margin;
  const isBelow = offsetHeight <= below || below >= above;
  const room = Math.max(isBelow ? below : above, 0);
  const isRtl = getComputedStyle(panel).direction === 'rtl';
  const start = isRtl ? anchor.right - offsetWidth : anchor.left;
  const left = Math.max(margin, Math.min(start, width - offsetWidth - margin));
  const top = isBelow ? anchor.bottom + gap : anchor.top - gap - Math.min(offsetHeight, room);
  panel.style.left = `${left}px`;
  panel.style.top = `${Math.max(margin, top)}px`;
  panel.style.visibility = 'visible';
  panel.style.maxBlockSize = `${Math.max(room, 120)}px`;
}
