/** The repository's own source, for tests about it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export type SourceFile = { /** Relative to the repository, with forward slashes. */ path: string; text: string };

export function filesBelow(folder: string, extension: RegExp): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: relative(ROOT, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }));
}

export function sourceFiles(): SourceFile[] {
  return filesBelow('src', /\.(ts|tsx)$/);
}

export const isGenerated = (path: string): boolean => /(^|\/|\.)generated\.ts$/.test(path);
export const isTest = (path: string): boolean => /\.(test|bench)\.tsx?$/.test(path) || path.startsWith('src/testing/');

/** Blanks comments and the contents of string and template literals and regular expressions, keeping line breaks. */
export function codeOnly(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|(?<=[=(,:[!&|?{};\n]\s*)\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;
  return text.replace(token, (match) => match.replace(/[^\n]/g, ' '));
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
