/* oxlint-disable import/no-unassigned-import -- style sheets have nothing to assign */
import { CssBaseline, Drawer, ThemeProvider, Typography, createTheme } from '@mui/material';
import { createRoot } from 'react-dom/client';
import { TokenMeter } from '@kilotoken/react-widget';
import '@kilotoken/react-widget/styles.css';
import { snapshot } from './snapshot.js';

createRoot(document.querySelector('#app')).render(
  <ThemeProvider theme={createTheme({ cssVariables: true, palette: { mode: 'dark' } })}>
    <CssBaseline enableColorScheme />
    <Drawer variant="permanent" open slotProps={{ paper: { sx: { width: 256 } } }}>
      <Typography>ada@example.com</Typography>
      <TokenMeter usage={snapshot} />
    </Drawer>
  </ThemeProvider>,
);
