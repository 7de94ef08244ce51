import { TokenMeter } from '@kilotoken/react-widget';
import { useEffect, useState } from 'react';
import type { ReactElement } from 'react';
import { ChatView } from './chat-view.tsx';
import { demoUsers } from './demo-users.ts';
import { browserLanguage, languages, widgetMessages } from './languages.ts';

const themes = ['auto', 'light', 'dark'] as const;

/** A chat with the widget in its sidebar, as in an app of your own. */
export function DemoPage(): ReactElement {
  const [userId, setUserId] = useState(demoUsers[0]?.id);
  const [language, setLanguage] = useState(browserLanguage);
  const [theme, setTheme] = useState<(typeof themes)[number]>('auto');
  const user = demoUsers.find(({ id }) => id === userId);
  const texts = languages[language]?.texts;
  useEffect(() => {
    const { documentElement } = document;
    documentElement.lang = language;
    documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';
    documentElement.dataset['theme'] = theme;
  }, [language, theme]);
  useEffect(() => {
    // The users of the terminal are the same: what they use there is told here.
    const events = new EventSource('/api/events');
    events.addEventListener('message', ({ data }) => {
      void demoUsers.find(({ id }) => id === data)?.usage.refresh();
    });
    return () => events.close();
  }, []);
  if (!user || !texts) throw new Error('the demo has no such user or language');

  return (
    <div className="page">
      <aside>
        <p className="brand">kilotoken</p>
        <div className="users" role="group" aria-label={texts.users}>
          {demoUsers.map(({ id, name, email }) => (
            <button key={id} type="button" aria-pressed={id === userId} onClick={() => setUserId(id)}>
              <span className="picture" aria-hidden="true">
                {name.charAt(0)}
              </span>
              <span>
                {name}
                <small>{email}</small>
              </span>
            </button>
          ))}
        </div>
        <TokenMeter store={user.usage} locale={language} messages={widgetMessages} className="meter" />
        <div className="settings">
          <label>
            {texts.language}
            <select value={language} onChange={(event) => setLanguage(event.target.value)}>
              {Object.entries(languages).map(([tag, { name }]) => (
                <option key={tag} value={tag} lang={tag}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            {texts.theme}
            <select value={theme} onChange={(event) => setTheme(event.target.value as typeof theme)}>
              {themes.map((each) => (
                <option key={each} value={each}>
                  {texts.themes[each]}
                </option>
              ))}
            </select>
          </label>
        </div>
      </aside>
      <ChatView user={user} texts={texts} language={language} />
    </div>
  );
}
