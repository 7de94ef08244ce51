import { renderToString } from 'react-dom/server';
import { App } from './app.tsx';

/** The page's markup, as a server sends it. */
export function render(): string {
  return renderToString(<App />);
}
