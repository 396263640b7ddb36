/** Where a lesson or a drill is: what was chosen for the page stays; the node is the lesson's. */
const OF_ONE_PAGE = ['lesson', 'drill', 'variant', 'scenario', 'seed', 'at', 'interview', 'nonce', 'replay'];

export function addressOf(kind: 'lesson' | 'drill' | 'at' | 'replay', id: string): string {
  const query = new URLSearchParams(location.search);
  for (const name of OF_ONE_PAGE) query.delete(name);
  query.set('lang', document.documentElement.lang);
  query.set(kind, id);
  return `?${query}`;
}
