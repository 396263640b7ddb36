import { unzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { lmsPackage, scormManifest } from './lms-package.ts';

const PAGE = new Map([
  ['index.html', new TextEncoder().encode('<!doctype html>')],
  ['assets/a b.js', new TextEncoder().encode('1')],
]);

test('a package holds the page and a manifest that lists all of it, and is the same each time', () => {
  const lesson = { id: 'L02', title: 'A container is a process', language: 'en' };
  const bytes = lmsPackage(lesson, PAGE);
  const files = unzipSync(bytes);
  expect(Object.keys(files).sort()).toEqual(['assets/a b.js', 'imsmanifest.xml', 'index.html']);
  const manifest = new TextDecoder().decode(files['imsmanifest.xml']);
  expect([...manifest.matchAll(/<file href="([^"]*)"/g)].map(([, href]) => decodeURI(href ?? ''))).toEqual([
    'assets/a b.js',
    'index.html',
  ]);
  expect(manifest).toContain('parameters="?lesson=L02&amp;lang=en"');
  expect(manifest).toContain('<schemaversion>2004 4th Edition</schemaversion>');
  expect(lmsPackage(lesson, PAGE)).toEqual(bytes);
});

test('whatever a title holds stays text', () => {
  const manifest = scormManifest({ id: 'L09', title: 'a < b & "c"</title><x/>', language: 'zh-CN' }, ['index.html']);
  expect(manifest).toContain('<title>a &lt; b &amp; &quot;c&quot;&lt;/title&gt;&lt;x/&gt;</title>');
  expect(manifest).not.toContain('<x/>');
});
