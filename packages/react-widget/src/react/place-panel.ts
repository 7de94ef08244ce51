const gap = 6;
const margin = 8;
/** Where there is less room than this, the panel covers its anchor rather than shrink further. */
const leastHeight = 120;

/** Puts the panel under its anchor, or above where there is more room, inside of the window. */
export function placePanel(panel: HTMLElement, anchor: DOMRect): void {
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  const { offsetWidth } = panel;
  // All of it, whatever its last place left room for; to let it grow for a look would scroll it back to its top.
  const fullHeight = panel.scrollHeight + panel.offsetHeight - panel.clientHeight;
  const below = height - anchor.bottom - gap - margin;
  const above = anchor.top - gap - margin;
  const isBelow = fullHeight <= below || below >= above;
  const room = Math.max(isBelow ? below : above, leastHeight);
  const shownHeight = Math.min(fullHeight, room);
  const isRtl = getComputedStyle(panel).direction === 'rtl';
  const start = isRtl ? anchor.right - offsetWidth : anchor.left;
  const left = Math.max(margin, Math.min(start, width - offsetWidth - margin));
  const top = isBelow ? anchor.bottom + gap : anchor.top - gap - shownHeight;
  panel.style.left = `${left}px`;
  panel.style.top = `${Math.max(margin, Math.min(top, height - shownHeight - margin))}px`;
  panel.style.visibility = 'visible';
  panel.style.maxBlockSize = `${room}px`;
}
