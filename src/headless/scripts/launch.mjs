#!/usr/bin/env node
/**
 * What `cutaway` starts with; the build copies it to dist/headless/cutaway.js. It sets V8 up and runs the program
 * beside it with the code that V8 compiled when the program was built: a third of what starting took otherwise.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { V8_FLAGS } from './v8-flags.mjs';

for (const flag of V8_FLAGS) setFlagsFromString(flag);

const folder = dirname(fileURLToPath(import.meta.url));
const filename = join(folder, 'program.cjs');
const compiled = join(folder, 'program.cache');

/** Another Node than the one that built it finds it of no use, and compiles anew. */
function readCompiled() {
  try {
    return readFileSync(compiled);
  } catch {
    return undefined;
  }
}

const source = readFileSync(filename, 'latin1');
const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
  filename,
  cachedData: process.env.CUTAWAY_KEEP_COMPILED === undefined ? readCompiled() : undefined,
});
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(filename), module, filename, folder);

if (process.env.CUTAWAY_KEEP_COMPILED !== undefined)
  process.on('exit', () => writeFileSync(compiled, script.createCachedData()));
