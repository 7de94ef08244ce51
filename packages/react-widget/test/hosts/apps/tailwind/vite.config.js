/* oxlint-disable import/no-default-export -- what Vite wants */
import tailwind from '@tailwindcss/vite';

export default { plugins: [tailwind()] };
