/** Bundles the command line into one file that Node runs by itself. */
import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: 'src/headless/cutaway.ts',
    target: 'node20',
    outDir: 'dist/headless',
    emptyOutDir: true,
    minify: false,
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: {
      output: { entryFileNames: 'cutaway.js', codeSplitting: false, banner: '#!/usr/bin/env node' },
    },
  },
});
