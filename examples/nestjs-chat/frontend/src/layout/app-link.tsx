import type { MouseEvent, ReactElement, ReactNode } from 'react';
import { conversationPath, showConversation } from '../state/use-path.ts';

/** A link to a conversation that leaves the page where it is. New tabs and windows open as with any link. */
export function AppLink(props: {
  readonly id: string | undefined;
  readonly children: ReactNode;
  readonly className?: string;
  readonly isCurrent?: boolean;
  readonly onPick: () => void;
}): ReactElement {
  const { id, children, className, isCurrent = false, onPick } = props;
  const pick = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    showConversation(id);
    onPick();
  };
  return (
    <a href={conversationPath(id)} className={className} aria-current={isCurrent ? 'page' : undefined} onClick={pick}>
      {children}
    </a>
  );
}
