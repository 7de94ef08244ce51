import ar from '@kilotoken/react-widget/locales/ar.json' with { type: 'json' };
import es from '@kilotoken/react-widget/locales/es.json' with { type: 'json' };
import ru from '@kilotoken/react-widget/locales/ru.json' with { type: 'json' };
import zh from '@kilotoken/react-widget/locales/zh.json' with { type: 'json' };

/** The page's own words. */
export interface PageTexts {
  readonly users: string;
  readonly chat: string;
  readonly intro: string;
  readonly you: string;
  readonly model: string;
  readonly ask: string;
  readonly send: string;
  readonly thinking: string;
  readonly failed: string;
  readonly language: string;
  readonly theme: string;
  readonly themes: { readonly auto: string; readonly light: string; readonly dark: string };
}

/** A language of the page. */
export interface Language {
  readonly name: string;
  readonly texts: PageTexts;
}

/** The widget's words for all of them; English is built in. */
export const widgetMessages = [ru, zh, es, ar];

/** By tag, as the switch shows them. */
export const languages: { readonly [tag: string]: Language } = {
  en: {
    name: 'English',
    texts: {
      users: 'Signed in as',
      chat: 'Chat',
      intro: 'Ask something, and watch the total in the sidebar.',
      you: 'You',
      model: 'Assistant',
      ask: 'Your message',
      send: 'Send',
      thinking: 'Writing…',
      failed: 'The answer broke off.',
      language: 'Language',
      theme: 'Theme',
      themes: { auto: 'As the system', light: 'Light', dark: 'Dark' },
    },
  },
  ru: {
    name: 'Русский',
    texts: {
      users: 'Вы вошли как',
      chat: 'Чат',
      intro: 'Задайте вопрос и следите за счётчиком сбоку.',
      you: 'Вы',
      model: 'Ассистент',
      ask: 'Ваше сообщение',
      send: 'Отправить',
      thinking: 'Пишет…',
      failed: 'Ответ оборвался.',
      language: 'Язык',
      theme: 'Тема',
      themes: { auto: 'Как в системе', light: 'Светлая', dark: 'Тёмная' },
    },
  },
  zh: {
    name: '简体中文',
    texts: {
      users: '当前用户',
      chat: '对话',
      intro: '提一个问题，看看侧边栏的总量变化。',
      you: '你',
      model: '助手',
      ask: '输入消息',
      send: '发送',
      thinking: '正在回答…',
      failed: '回答中断。',
      language: '语言',
      theme: '主题',
      themes: { auto: '跟随系统', light: '浅色', dark: '深色' },
    },
  },
  es: {
    name: 'Español',
    texts: {
      users: 'Sesión iniciada como',
      chat: 'Chat',
      intro: 'Pregunta algo y mira el total en la barra lateral.',
      you: 'Tú',
      model: 'Asistente',
      ask: 'Tu mensaje',
      send: 'Enviar',
      thinking: 'Escribiendo…',
      failed: 'La respuesta se interrumpió.',
      language: 'Idioma',
      theme: 'Tema',
      themes: { auto: 'Como el sistema', light: 'Claro', dark: 'Oscuro' },
    },
  },
  ar: {
    name: 'العربية',
    texts: {
      users: 'تم تسجيل الدخول باسم',
      chat: 'المحادثة',
      intro: 'اطرح سؤالًا وراقب الإجمالي في الشريط الجانبي.',
      you: 'أنت',
      model: 'المساعد',
      ask: 'رسالتك',
      send: 'إرسال',
      thinking: 'يكتب…',
      failed: 'انقطعت الإجابة.',
      language: 'اللغة',
      theme: 'المظهر',
      themes: { auto: 'حسب النظام', light: 'فاتح', dark: 'داكن' },
    },
  },
};

/** The tag of the browser's language, where the page speaks it. */
export function browserLanguage(): string {
  const tags = navigator.languages.map((tag) => tag.split('-')[0] ?? '');
  return tags.find((tag) => tag in languages) ?? 'en';
}
