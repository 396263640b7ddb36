/** Bundles the command line into one file that Node runs by itself. */
import { defineConfig } from 'vite';

/** A young generation large enough that traces are not copied again and again: a third of the time of a busy run. */
const SHEBANG = '#!/usr/bin/env -S node --max-semi-space-size=64';

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true },
  // What Emscripten's glue code asks for when it finds itself in Node; a module has no such names.
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  build: {
    ssr: 'src/headless/cutaway.ts',
    target: 'node20',
    outDir: 'dist/headless',
    emptyOutDir: true,
    minify: false,
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: {
      output: { entryFileNames: 'cutaway.js', codeSplitting: false, banner: SHEBANG },
    },
  },
});
