import { renderToStaticMarkup } from 'react-dom/server';
import { Sidebar } from './sidebar.tsx';
import type { User } from './users.service.ts';

/** The page as the server renders it. */
export const page = (user: User): string => renderToStaticMarkup(<Sidebar user={user} />);
