import type { ReactElement } from 'react';
import type { User } from './users.service.ts';

export function Sidebar({ user }: { readonly user: User }): ReactElement {
  return (
    <aside>
      <p>{user.email}</p>
    </aside>
  );
}
