/* oxlint-disable import/no-default-export -- what Next.js wants */
import { TokenMeter } from '@kilotoken/react-widget';
import ru from '@kilotoken/react-widget/locales/ru.json';
import { createUsageFormat } from '@kilotoken/react-widget/server';
import { snapshot } from './snapshot.js';

export const dynamic = 'force-dynamic';

export default function Page() {
  const { tokens } = createUsageFormat({ locale: 'ru', messages: ru });
  return (
    <main>
      <p id="server">{tokens(snapshot.total)}</p>
      <TokenMeter
        initial={{ ...snapshot, asOf: '2026-01-01T00:00:00.000Z' }}
        src="/api/usage"
        userKey="u1"
        locale="ru"
        messages={ru}
      />
    </main>
  );
}
