/**
 * Cases of the Oils project's spec tests, which live in a repository of their own: a line `#### NAME`, a script, and
 * what it must print, for each shell where they differ.
 * @models oils test/sh_spec.py @fidelity partial: what concerns bash
 */

export type OilsCase = {
  file: string;
  name: string;
  script: string;
  /** What bash must do; null where anything will do. */
  expected: { stdout: string | null; stderr: string | null; status: number };
};

export type CaseOutcome = { stdout: string; stderr: string; status: number };

type Fields = Map<string, string>;

const FIELD = /^## +(?:(OK(?:-\d)?|BUG(?:-\d)?|N-I) +([\w+/.-]+) +)?([\w-]+): *(.*)$/;

/** Empty when the file is not about bash. */
export function oilsCases(file: string, text: string): OilsCase[] {
  const shells = /^#+ compare_shells: *(.*)$/m.exec(text)?.[1] ?? '';
  if (!/\bbash\b/.test(shells) || /^## suite: disabled/m.test(text)) return [];
  const cases: OilsCase[] = [];
  let script: string[] = [];
  let name: string | null = null;
  let all: Fields = new Map();
  let own: Fields = new Map();
  const finish = (): void => {
    if (name === null) return;
    const has = (key: string): boolean => own.has(key) || own.has(`${key}-json`) || own.has(key.toUpperCase());
    const field = (key: string): string | null => {
      const fields = has(key) ? own : all;
      const json = fields.get(`${key}-json`);
      if (json !== undefined) return JSON.parse(json) as string;
      const block = fields.get(key.toUpperCase());
      if (block !== undefined) return block;
      const line = fields.get(key);
      return line === undefined ? null : `${line}\n`;
    };
    const code = script.at(-1) === '' ? script : [...script, ''];
    cases.push({
      file,
      name,
      script: all.get('code') ?? code.join('\n'),
      expected: {
        stdout: field('stdout'),
        stderr: field('stderr'),
        status: Number(own.get('status') ?? all.get('status') ?? 0),
      },
    });
  };
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.startsWith('####')) {
      finish();
      name = line.slice(4).trim();
      script = [];
      all = new Map();
      own = new Map();
      continue;
    }
    const [, qualifier, which = '', key = '', value = ''] = FIELD.exec(line) ?? [];
    if (key === '') {
      script.push(line.startsWith('## ') || (line.startsWith('##') && line !== '##') ? '' : line);
      continue;
    }
    const target = qualifier === undefined ? all : which.split('/').includes('bash') ? own : new Map<string, string>();
    if (key === 'STDOUT' || key === 'STDERR') {
      const block: string[] = [];
      for (i++; i < lines.length && !/^## +(END|(OK|BUG|N-I|STDOUT|STDERR)\b)/.test(lines[i] as string); i++)
        block.push(lines[i] as string);
      if (!/^## +END/.test(lines[i] ?? '')) i--;
      target.set(key, block.map((one) => `${one}\n`).join(''));
    } else target.set(key, value);
  }
  finish();
  return cases.filter((one) => one.script.trim() !== '');
}

export function agrees({ expected }: OilsCase, got: CaseOutcome): boolean {
  return (
    (expected.stdout === null || expected.stdout === got.stdout) &&
    (expected.stderr === null || expected.stderr === got.stderr) &&
    expected.status === got.status
  );
}
