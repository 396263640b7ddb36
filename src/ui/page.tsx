/** Everything around the terminal. Fetched once the prompt is there. */
import { startTransition, useEffect, useLayoutEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { armKept } from './breaks/armed.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { translator } from './messages/catalogue.ts';
import { listenForMoments } from './moment/listen.ts';
import { keepOffline } from './offline/keep-offline.ts';
import { session } from './session.ts';
import { ui } from './store.ts';

export function showPage(root: HTMLElement): void {
  // What is in somebody's frame does not settle in the browser of whoever visits that.
  if (!ui.getState().embedded) keepOffline();
  void import('./autosave/autosave.ts').then(({ keepSession }) => keepSession());
  void import('./faithful/met.ts').then(({ keepMet }) => keepMet());
  listenForMoments();
  armKept();
  // Beside what index.html had, which goes when the terminal has moved out of it: nobody who types loses the cursor, and
  // nothing is laid out to give it back.
  const before = root.querySelector('.before');
  const page = document.createElement('div');
  page.className = 'page';
  root.append(page);
  // In slices: whoever types meanwhile is heard.
  startTransition(() =>
    createRoot(page).render(
      <>
        <ErrorBoundary t={translator(ui.getState().catalogue)}>
          <App />
        </ErrorBoundary>
        <Told before={before} />
      </>,
    ),
  );
}

/** Comes after the first commit, which is when the page stands. */
function Told({ before }: { before: Element | null }) {
  useLayoutEffect(() => before?.remove(), [before]);
  useEffect(() => session.drawn(), []);
  return null;
}
