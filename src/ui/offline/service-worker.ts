/**
 * Keeps the whole page, so that it opens without a network. The page itself is asked for anew whenever there is one:
 * what a new build made is seen at once, and what an open page still wants of the old build is still kept.
 */
export {};

declare const self: ServiceWorkerGlobalScope;
/** Paths of everything that was built, put in by the build. */
declare const __BUILT_FILES__: readonly string[];

const PAGE = './';
const PREFIX = 'cutaway-';

/** Files carry a hash in their names: the list tells builds apart. */
function nameOf(files: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const character of files.join('\n')) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return PREFIX + (hash >>> 0).toString(16);
}

const CACHE = nameOf(__BUILT_FILES__);

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([PAGE, ...__BUILT_FILES__])));
});

/** Comes when no page of the build before is open any more. */
self.addEventListener('activate', (event) => {
  const sweep = async (): Promise<void> => {
    for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
  };
  event.waitUntil(sweep());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  const page = new URL(PAGE, self.location.href).pathname;
  if (request.mode !== 'navigate') event.respondWith(kept(request));
  else if (pathname === page || pathname === `${page}index.html`) event.respondWith(newest(request));
});

async function kept(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreSearch: true, ignoreVary: true })) ?? fetch(request);
}

async function newest(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const page = await caches.match(new URL(PAGE, self.location.href).href);
    if (page === undefined) throw error;
    return page;
  }
}
