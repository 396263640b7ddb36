import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

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

/** Vitest reads this file, too. Its types would bring Node's into the page's, so they stay out. */
const unitTests = { test: { include: ['src/**/*.test.{ts,tsx}'], testTimeout: 30_000 } };

export default defineConfig({
  ...unitTests,
  base: './',
  plugins: [react(), contentSecurityPolicy()],
  build: { target: 'es2023', outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es' },
  preview: { headers: { 'Content-Security-Policy': CONTENT_SECURITY_POLICY } },
});
