/* oxlint-disable import/no-default-export, import/no-unassigned-import -- what Next.js wants */
import '@kilotoken/react-widget/styles.css';

export const metadata = { title: 'host', icons: 'data:,' };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
