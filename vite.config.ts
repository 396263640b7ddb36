import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { collectContents } from './src/headless/scripts/contents.mjs';
import { collectFidelity } from './src/headless/scripts/fidelity.mjs';
import { V8_FLAGS } from './src/headless/scripts/v8-flags.mjs';

/** xterm inserts style elements: the one exception. Nothing is evaluated, nothing is fetched from elsewhere. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The built page carries its policy itself, so that it holds on any file server. The dev server needs inline scripts. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_SECURITY_POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

const PUBLIC_FILES = ['icon.svg', 'manifest.webmanifest'];

/** Tells the service worker what there is to keep. */
function builtFiles(): Plugin {
  return {
    name: 'built-files',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') return;
      const files = Object.keys(bundle).filter((name) => name !== 'sw.js' && name !== 'index.html');
      worker.code = worker.code.replaceAll('__BUILT_FILES__', JSON.stringify([...files, ...PUBLIC_FILES].sort()));
    },
  };
}

const FIDELITY = 'virtual:fidelity';

/** What the sources' comments say of what they model. */
function fidelity(): Plugin {
  return {
    name: 'fidelity',
    resolveId: (id) => (id === FIDELITY ? `\0${FIDELITY}` : null),
    load: (id) => (id === `\0${FIDELITY}` ? `export default ${JSON.stringify(collectFidelity('.'))}` : null),
  };
}

const CONTENTS = 'virtual:contents';

/** What there is to learn, so that a list of titles does not read every lesson. */
function contents(): Plugin {
  return {
    name: 'contents',
    resolveId: (id) => (id === CONTENTS ? `\0${CONTENTS}` : null),
    load: (id) => (id === `\0${CONTENTS}` ? `export default ${JSON.stringify(collectContents())}` : null),
    hotUpdate({ file }) {
      const module = file.includes('/lessons/')
        ? this.environment.moduleGraph.getModuleById(`\0${CONTENTS}`)
        : undefined;
      if (module !== undefined) this.environment.moduleGraph.invalidateModule(module);
    },
  };
}

/**
 * Vitest reads this file, too. Its types would bring Node's into the page's, so they stay out. The files of a worker share its
 * modules, as the machines of a page do: to load and compile the whole node anew for each took a quarter of the time.
 */
const unitTests = {
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: '100%',
    isolate: false,
    execArgv: V8_FLAGS,
  },
};

export default defineConfig({
  ...unitTests,
  base: './',
  plugins: [react(), contentSecurityPolicy(), builtFiles(), fidelity(), contents()],
  build: {
    target: 'es2023',
    outDir: 'dist',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/ui/offline/service-worker.ts' },
      output: {
        // A service worker has one name for ever, or browsers would keep an old one.
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  worker: { format: 'es' },
  preview: { headers: { 'Content-Security-Policy': CONTENT_SECURITY_POLICY } },
});
