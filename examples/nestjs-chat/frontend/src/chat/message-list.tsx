import { useEffect, useEffectEvent, useRef } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '../api/conversations-api.ts';
import { MessageItem } from './message-item.tsx';

/** The messages, oldest first. The end stays in view, unless somebody has scrolled away from it. */
export function MessageList(props: {
  readonly messages: readonly Message[];
  readonly isBusy: boolean;
  readonly onAskAgain: (content: string) => void;
}): ReactElement {
  const { messages, isBusy, onAskAgain } = props;
  const { t } = useTranslation();
  const ref = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const showEnd = useEffectEvent((): void => {
    const { current: box } = ref;
    if (box && isAtEnd.current) box.scrollTop = box.scrollHeight;
  });
  useEffect(() => showEnd());
  useEffect(() => {
    // A phone that is turned, and the keyboard that comes up on it.
    const observer = new ResizeObserver(() => showEnd());
    if (ref.current) observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  const onScroll = (): void => {
    const { current: box } = ref;
    if (box) isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 48;
  };
  const last = messages.at(-1);
  const question = messages.at(-2)?.content;
  const canAskAgain = !isBusy && last?.status === 'failed' && question !== undefined;
  return (
    <div ref={ref} className="messages" tabIndex={0} role="region" aria-label={t('chat.messages')} onScroll={onScroll}>
      <ol>
        {messages.map((message) => (
          <MessageItem key={message.id} message={message} />
        ))}
      </ol>
      {canAskAgain && (
        <button type="button" onClick={() => onAskAgain(question)}>
          {t('chat.askAgain')}
        </button>
      )}
      {/* Told once at the end: a reply read out word by word as it comes cannot be followed. */}
      <p className="hidden" role="status">
        {last?.role === 'assistant' && t(`chat.told.${last.status}`, { text: last.content.slice(0, 500) })}
      </p>
    </div>
  );
}
