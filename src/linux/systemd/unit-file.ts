/** Unit files: sections of key=value lines. @models systemd 257 unit files @fidelity partial: the keys that units here use */

export type UnitFile = { path: string; sections: Map<string, [string, string][]> };

export function parseUnitFile(path: string, text: string): UnitFile {
  const sections = new Map<string, [string, string][]>();
  let section: [string, string][] = [];
  const lines = text.replace(/\\\n\s*/g, ' ').split('\n');
  for (const raw of lines) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(line);
    if (header !== null) {
      section = sections.get(header[1] as string) ?? [];
      sections.set(header[1] as string, section);
      continue;
    }
    const equals = line.indexOf('=');
    if (equals > 0) section.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()]);
  }
  return { path, sections };
}

/** All values of a key; an empty assignment resets what came before. */
export function valuesOf(unit: UnitFile, section: string, key: string): string[] {
  const out: string[] = [];
  for (const [name, value] of unit.sections.get(section) ?? []) {
    if (name !== key) continue;
    if (value === '') out.length = 0;
    else out.push(value);
  }
  return out;
}

export function valueOf(unit: UnitFile, section: string, key: string): string | undefined {
  return valuesOf(unit, section, key).at(-1);
}

/** Values of a key that holds a list of words. */
export function wordsOf(unit: UnitFile, section: string, key: string): string[] {
  return valuesOf(unit, section, key).flatMap((value) => value.split(/\s+/));
}

export function parseYes(text: string): boolean {
  return /^(1|yes|y|true|t|on)$/i.test(text);
}

/** `512M`, `1G`, `4096`; null if it is no size. */
export function parseBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)B?$/i.exec(text);
  if (match === null) return null;
  const power = ['', 'K', 'M', 'G', 'T'].indexOf((match[2] ?? '').toUpperCase());
  return Math.floor(Number(match[1]) * 1024 ** power);
}

/** Splits an Exec line: quotes, `${VAR}` and `$VAR` from the environment. */
export function splitExec(line: string, env: ReadonlyMap<string, string>): string[] {
  const out: string[] = [];
  for (const match of line.matchAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|(\S+)/g)) {
    const quoted = match[1]?.replace(/\\(.)/g, '$1') ?? match[2];
    const word = quoted ?? (match[3] as string);
    const whole = /^\$(\w+)$/.exec(word);
    if (quoted === undefined && whole !== null) {
      out.push(...(env.get(whole[1] as string) ?? '').split(/\s+/).filter((w) => w !== ''));
      continue;
    }
    out.push(word.replace(/\$\{(\w+)\}/g, (_, name: string) => env.get(name) ?? ''));
  }
  return out;
}

/** `5s`, `100ms`, `1min 30s`, `2` (seconds), `infinity`; ns. */
export function parseSpan(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  let total = 0;
  for (const match of text.matchAll(/(\d+(?:\.\d+)?)\s*(us|ms|sec|s|min|m|h|hr|d|w)?/g)) {
    const unit =
      { us: 1e3, ms: 1e6, s: 1e9, sec: 1e9, min: 60e9, m: 60e9, h: 3600e9, hr: 3600e9, d: 86_400e9, w: 604_800e9 }[
        match[2] ?? 's'
      ] ?? 1e9;
    total += Number(match[1]) * unit;
  }
  return total;
}
