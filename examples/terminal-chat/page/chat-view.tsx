import { MessageTokens } from '@kilotoken/react-widget';
import { useEffect, useRef, useState } from 'react';
import type { ReactElement } from 'react';
import type { DemoUser } from './demo-users.ts';
import { widgetMessages } from './languages.ts';
import type { PageTexts } from './languages.ts';
import { useChat } from './use-chat.ts';

/** The conversation of whoever is signed in, and the field to go on with it. */
export function ChatView(props: {
  readonly user: DemoUser;
  readonly texts: PageTexts;
  readonly language: string;
}): ReactElement {
  const { user, texts, language } = props;
  const { messages, isBusy, send } = useChat(user);
  const [draft, setDraft] = useState('');
  const end = useRef<HTMLDivElement>(null);
  const asked = new Set(messages.map(({ content }) => content));
  const open = user.questions.filter((question) => !asked.has(question));
  useEffect(() => {
    // Newer browsers answer with a promise, which is no clean-up.
    end.current?.scrollIntoView({ block: 'end' });
  });

  const submit = (content: string): void => {
    if (content.trim() === '' || isBusy) return;
    setDraft('');
    send(content.trim());
  };
  return (
    <main>
      <h1 className="hidden">{texts.chat}</h1>
      <div className="messages" role="log" aria-label={texts.chat} aria-busy={isBusy}>
        {messages.length === 0 && <p className="intro">{texts.intro}</p>}
        <ol>
          {messages.map(({ role, content, usage, state }, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- messages are only ever added at the end
            <li key={index} className={role}>
              <p className="who">{role === 'user' ? texts.you : texts.model}</p>
              <p className="said" dir="auto">
                {content === '' && state === 'writing' ? texts.thinking : content}
              </p>
              {state === 'failed' && <p className="fault">{texts.failed}</p>}
              {usage && <MessageTokens {...usage} locale={language} messages={widgetMessages} />}
            </li>
          ))}
        </ol>
        <div ref={end} />
      </div>
      <div className="composer">
        {open.length > 0 && (
          <div className="questions">
            {open.map((question) => (
              <button key={question} type="button" disabled={isBusy} dir="auto" onClick={() => submit(question)}>
                {question}
              </button>
            ))}
          </div>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit(draft);
          }}
        >
          <input
            aria-label={texts.ask}
            placeholder={texts.ask}
            value={draft}
            dir="auto"
            autoComplete="off"
            onChange={(event) => setDraft(event.target.value)}
          />
          <button type="submit" className="primary" disabled={isBusy || draft.trim() === ''}>
            {texts.send}
          </button>
        </form>
      </div>
    </main>
  );
}
