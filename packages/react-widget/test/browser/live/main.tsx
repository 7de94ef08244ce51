/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import { Profiler, StrictMode, useEffect } from 'react';
import type { ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { TokenMeter, createUsageStore } from '../../../src/index.ts';
import '../../../src/styles.css';
import './main.css';

const query = new URLSearchParams(location.search);
const store = createUsageStore({
  src: '/api/usage',
  userKey: query.get('user') ?? 'ada',
  onError: (error) => void errors.push(error.message),
});
const errors: string[] = [];
const renders = { meter: 0, app: 0 };

function App(): ReactElement {
  useEffect(() => {
    renders.app += 1;
  });
  return (
    <Profiler id="meter" onRender={() => void (renders.meter += 1)}>
      <TokenMeter store={store} limitAction={<a href="#plans">Upgrade</a>} />
    </Profiler>
  );
}

Object.assign(globalThis, { store, errors, renders });
const app = query.has('strict') ? (
  <StrictMode>
    <App />
  </StrictMode>
) : (
  <App />
);
const element = document.querySelector('#app') as Element;
createRoot(query.has('shadow') ? element.attachShadow({ mode: 'open' }) : element).render(app);
