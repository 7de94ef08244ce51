import { useId, useRef, useState } from 'react';
import type { FormEvent, KeyboardEvent, ReactElement } from 'react';
import { useTranslation } from 'react-i18next';

/** Where one writes. Enter sends, Shift and Enter begin a new line. */
export function Composer(props: {
  /** Comes back into the box, unless something else is in it by now. */
  readonly unsent: string | undefined;
  readonly isBusy: boolean;
  readonly isBlocked: boolean;
  readonly onSend: (content: string) => void;
  readonly onStop: () => void;
}): ReactElement {
  const { unsent, isBusy, isBlocked, onSend, onStop } = props;
  const { t } = useTranslation();
  const [written, setWritten] = useState<string>();
  const ref = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const text = written ?? unsent ?? '';

  const send = (event?: FormEvent): void => {
    event?.preventDefault();
    ref.current?.focus();
    if (isBusy || isBlocked || text.trim() === '') return;
    onSend(text.trim());
    setWritten(undefined);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter also ends the composition of Chinese and Japanese characters.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const stop = (): void => {
    onStop();
    ref.current?.focus();
  };
  return (
    <form className="composer" onSubmit={send}>
      <label className="hidden" htmlFor={id}>
        {t('chat.message')}
      </label>
      <textarea
        id={id}
        ref={ref}
        rows={1}
        dir="auto"
        maxLength={8000}
        placeholder={t('chat.placeholder')}
        value={text}
        onChange={({ target }) => setWritten(target.value)}
        onKeyDown={onKeyDown}
      />
      {isBusy ? (
        <button key="stop" type="button" onClick={stop}>
          {t('chat.stop')}
        </button>
      ) : (
        <button key="send" type="submit" className="primary" disabled={isBlocked || text.trim() === ''}>
          {t('chat.send')}
        </button>
      )}
    </form>
  );
}
