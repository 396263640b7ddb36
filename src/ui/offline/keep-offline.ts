/** Fetching everything takes a core for a second or two: the node comes up first, and whoever begins to type is served. */
const AFTER_MS = 5000;

/** Has the browser keep the page for the next time, where it can: over HTTPS or on this computer, not in a frame. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !isSecureContext || window.parent !== window) return;
  if (!('serviceWorker' in navigator)) return;
  setTimeout(() => {
    navigator.serviceWorker.register('./sw.js').catch(() => {
      // Storage is switched off or full: the page works all the same.
    });
  }, AFTER_MS);
}
