/* oxlint-disable import/no-default-export -- what Next.js wants */
export default function Page() {
  return <main>A page that is rendered by the build.</main>;
}
