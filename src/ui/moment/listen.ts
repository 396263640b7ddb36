/** Files that are dropped on the page, and addresses of moments that are pasted over its own. */
export function listenForMoments(): void {
  addEventListener('hashchange', () => {
    // Another moment is another machine, as for a page that is opened for it.
    if (location.hash.startsWith('#at=')) location.reload();
  });
  document.addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0];
    if (file === undefined) return;
    event.preventDefault();
    if (file.name.endsWith('.cutaway')) void import('./open-file.ts').then(({ openFile }) => openFile(file));
  });
}
