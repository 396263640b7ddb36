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
    // Who marks hand-ins has a place of their own for them.
    if (event.defaultPrevented) return;
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    const moment = files.find(({ name }) => name.endsWith('.cutaway'));
    if (moment !== undefined) void import('./open-file.ts').then(({ openFile }) => openFile(moment));
    // A place of the home lies over the node.
    else if (location.hash.length < 2 || location.hash.startsWith('#at='))
      void import('../bring/bring-files.ts').then(({ bringFiles }) => bringFiles(files));
  });
}
