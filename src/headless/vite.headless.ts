/** Bundles the command line into one file that Node runs by itself. */
import { defineConfig } from 'vite';

/**
 * How V8 is set up before anything else runs. A young generation large enough that traces are not copied again and
 * again: a third of the time of a busy run. And patience before a function is optimised: most run a few hundred times
 * and end, so that the optimiser's threads took a quarter of the CPU of a run and made it no shorter.
 */
const FLAGS = ['--max-semi-space-size=64', '--semi-space-growth-factor=4', '--interrupt-budget=1000000'];
const BANNER = [
  '#!/usr/bin/env node',
  "import { setFlagsFromString as tune } from 'node:v8';",
  ...FLAGS.map((flag) => `tune('${flag}');`),
].join('\n');

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
      output: { entryFileNames: 'cutaway.js', codeSplitting: false, banner: BANNER },
    },
  },
});
