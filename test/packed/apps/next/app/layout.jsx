/* oxlint-disable import/no-default-export -- what Next.js wants */
export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
