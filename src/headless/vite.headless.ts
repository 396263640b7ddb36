/** Bundles the command line into one file that Node runs by itself, see scripts/launch.mjs. */
import { defineConfig } from 'vite';

/** The benchmarks await at their top level: they are built as a module. */
const isModule = process.env.CUTAWAY_BUNDLE === 'module';

export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true },
  // What Emscripten's glue code asks for when it finds itself in Node; a module has no such names.
  define: isModule ? { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } : {},
  build: {
    ssr: 'src/headless/cutaway.ts',
    target: 'node20',
    outDir: 'dist/headless',
    emptyOutDir: true,
    minify: false,
    chunkSizeWarningLimit: 10_000,
    rolldownOptions: {
      output: isModule
        ? { entryFileNames: 'program.mjs', codeSplitting: false }
        : // A script: only of scripts can the compiled code be kept.
          { format: 'cjs', entryFileNames: 'program.cjs', codeSplitting: false },
    },
  },
});
