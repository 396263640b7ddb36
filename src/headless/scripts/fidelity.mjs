/** Reads from the sources' own comments what each modelled unit follows and what it leaves out. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const COMMENT = /\/\*\*([\s\S]*?)\*\//g;
const SOURCE = /(?<!\.test|\.bench|\.d)\.tsx?$/;

/** @param {string} root the folder that holds `src` */
export function collectFidelity(root) {
  const units = [];
  const visit = (folder) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (SOURCE.test(entry.name)) units.push(...unitsOf(path, readFileSync(join(root, path), 'utf8')));
    }
  };
  visit('src');
  return units;
}

export function unitsOf(path, text) {
  const units = [];
  for (const [, comment = ''] of text.matchAll(COMMENT)) {
    if (!comment.includes('@models')) continue;
    const plain = comment
      .replace(/\n\s*\* ?/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    // Only these are tags: what a unit leaves out may begin with the same sign.
    const [what = '', ...tags] = plain
      .split(/@(?=(?:models|fidelity|param|returns|throws)\b)/)
      .map((part) => part.trim());
    const models = tags.find((tag) => tag.startsWith('models'))?.slice('models '.length) ?? '';
    const fidelity = tags.find((tag) => tag.startsWith('fidelity')) ?? '';
    const [, degree = '', leftOut = ''] = /^fidelity (\w+)[:;,]? ?(.*)$/.exec(fidelity) ?? [];
    units.push({ path, what, models, degree, leftOut: leftOut.trim() });
  }
  return units;
}
