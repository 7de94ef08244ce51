import type { ReactNode } from 'react';
import '@kilotoken/react-widget/styles.css';

export const metadata = { title: 'Chat', icons: 'data:,' };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
