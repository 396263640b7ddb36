/** A page that is printed has light colours, whatever the screen has. */
import { ui } from '../store.ts';
import { applyTheme } from './tokens.ts';

/** Returns what ends it. */
export function printInLight(): () => void {
  const before = (): void => applyTheme('light', document.documentElement);
  const after = (): void => applyTheme(ui.getState().theme, document.documentElement);
  addEventListener('beforeprint', before);
  addEventListener('afterprint', after);
  return () => {
    removeEventListener('beforeprint', before);
    removeEventListener('afterprint', after);
  };
}
