import { MessageTokens } from '@kilotoken/react-widget';
import { memo } from 'react';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '../api/conversations-api.ts';
import { useLanguage } from '../i18n/use-language.ts';
import { widgetCatalogs } from '../i18n/widget-texts.ts';

/** One message, with what it used and how it ended where that is worth a word. */
export const MessageItem = memo(function MessageItem(props: { readonly message: Message }): ReactElement {
  const { role, content, status, promptTokens, completionTokens, totalTokens } = props.message;
  const { t } = useTranslation();
  const language = useLanguage();
  return (
    <li className={`message ${role}`} data-status={status}>
      <span className="hidden">{t(`message.${role}`)}</span>
      {content !== '' && (
        <p className="text" dir="auto">
          {content}
        </p>
      )}
      {status === 'streaming' && <span className="waiting" aria-hidden="true" />}
      <div className="message-end">
        {(status === 'stopped' || status === 'failed') && <span>{t(`message.${status}`)}</span>}
        <MessageTokens
          total={totalTokens}
          input={promptTokens}
          output={completionTokens}
          locale={language}
          messages={widgetCatalogs}
        />
      </div>
    </li>
  );
});
