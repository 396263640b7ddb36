/** systemctl list-…: units, their files, and how they hang together. @models systemd 257 src/systemctl/systemctl-list-*.c */

import { printError } from '../../linux/io.ts';
import type { Unit } from '../../protocols/systemd/client.ts';
import { globRegex } from '../common/glob.ts';
import type { Call, Verb } from './call.ts';
import { getUnit, unitName } from './call.ts';
import { dot, enabledState, presetOf, stateColour } from './status.ts';

async function listed(call: Call): Promise<Unit[]> {
  const { ctx, client, options, args } = call;
  const states = options.has('failed') ? ['failed'] : options.values('state').flatMap((s) => s.split(','));
  const types = options.values('type').flatMap((s) => s.split(','));
  const globs = args.map((a) => globRegex(/[*?[]/.test(a) ? a : unitName(a)));
  const units = (await client.units(ctx)).sort(bySuffix);
  return units.filter(
    (u) =>
      (types.length === 0 || types.some((t) => u.name.endsWith(`.${t}`))) &&
      (states.length === 0 ||
        states.includes(u.activeState) ||
        states.includes(u.subState) ||
        states.includes(u.loadState)) &&
      (globs.length === 0 || globs.some((g) => g.test(u.name))) &&
      (options.has('all') || states.length > 0 || globs.length > 0 || u.activeState !== 'inactive'),
  );
}

export const listUnits: Verb = async (call) => {
  const { options, out, colour } = call;
  const units = await listed(call);
  const legend = !options.has('no-legend') && !options.has('quiet');
  const header = ['UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'];
  const rows = units.map((u) => [u.name, u.loadState, u.activeState, u.subState, u.description]);
  const widths = header.map((h, i) => Math.max(...rows.map((r) => (r[i] as string).length), legend ? h.length : 0));
  const line = (cells: readonly string[]): string =>
    cells.map((c, i) => (i === cells.length - 1 ? c : c.padEnd(widths[i] as number))).join(' ');
  const marked = !options.has('plain');
  const shorten = (text: string): string => (text.length > call.columns ? `${text.slice(0, call.columns - 1)}…` : text);
  if (legend && units.length > 0)
    await out.write(
      colour
        ? `\x1b[0;4m${shorten(`${marked ? '  ' : ''}${line(header)}`).padEnd(1)}\x1b[0m\n`
        : `${marked ? '  ' : ''}${line(header)}\n`,
    );
  for (const [i, unit] of units.entries()) {
    const bad = unit.activeState === 'failed' || unit.loadState === 'masked';
    const text = shorten(`  ${line(rows[i] as string[])}`).slice(2);
    const on = colour ? (unit.activeState === 'failed' ? stateColour('failed') : '') : '';
    await out.write(`${marked ? (bad ? `${on}●${on === '' ? '' : '\x1b[0m'} ` : '  ') : ''}${text}\n`);
  }
  if (legend) {
    if (units.length > 0) {
      await out.write('\nLegend: LOAD   → Reflects whether the unit definition was properly loaded.\n');
      await out.write('        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.\n');
      await out.write('        SUB    → The low-level unit activation state, values depend on unit type.\n\n');
    }
    const chosen = options.has('state') || options.has('failed');
    const hint = !options.has('all') && !chosen;
    await out.write(
      `${units.length} loaded units listed.${hint ? ' Pass --all to see loaded but inactive units, too.' : ''}\n`,
    );
    if (!chosen) await out.write("To show all installed unit files use 'systemctl list-unit-files'.\n");
  }
  return 0;
};

export const listUnitFiles: Verb = async (call) => {
  const { ctx, client, options, out, args } = call;
  const globs = args.map((a) => globRegex(/[*?[]/.test(a) ? a : unitName(a)));
  const units = (await client.units(ctx))
    .filter((u) => u.path !== '' || u.loadState === 'masked')
    .filter((u) => globs.length === 0 || globs.some((g) => g.test(u.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows: string[][] = [];
  for (const unit of units) {
    const state = await enabledState(unit);
    rows.push([unit.name, state, presetOf(state)]);
  }
  const legend = !options.has('no-legend') && !options.has('quiet');
  const header = ['UNIT FILE', 'STATE', 'PRESET'];
  const widths = header.map((h, i) => Math.max(...rows.map((r) => (r[i] as string).length), h.length));
  const line = (cells: readonly string[]): string =>
    `${cells.map((c, i) => (i === cells.length - 1 ? c : c.padEnd(widths[i] as number))).join(' ')}\n`;
  if (legend && rows.length > 0) await out.write(line(header));
  for (const row of rows) await out.write(line(row));
  if (legend) await out.write(`\n${rows.length} unit files listed.\n`);
  return 0;
};

/** A table with a header and a line that counts, as list-sockets and list-timers print it. */
const table =
  (kind: string, header: readonly string[], rowsOf: (unit: Unit) => string[][]): Verb =>
  async ({ ctx, client, options, out }) => {
    const units = (await client.units(ctx)).filter((u) => u.name.endsWith(`.${kind}`));
    const rows = units.filter((u) => options.has('all') || u.activeState === 'active').flatMap(rowsOf);
    rows.sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
    const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] as string).length)));
    const line = (cells: readonly string[]): string =>
      `${cells.map((c, i) => (i === cells.length - 1 ? c : c.padEnd(widths[i] as number))).join(' ')}\n`;
    const legend = !options.has('no-legend');
    if (legend && rows.length > 0) await out.write(line(header));
    for (const row of rows) await out.write(line(row));
    if (legend)
      await out.write(
        `${rows.length > 0 ? '\n' : ''}${rows.length} ${kind}s listed.${options.has('all') ? '' : `\nPass --all to see loaded but inactive ${kind}s, too.`}\n`,
      );
    return 0;
  };

export const listSockets = table('socket', ['LISTEN', 'UNIT', 'ACTIVATES'], (unit) => {
  const service = unit.settings['Service'] ?? unit.name.replace(/socket$/, 'service');
  return [[unit.settings['ListenStream'] ?? '-', unit.name, service]];
});
export const listTimers = table('timer', ['NEXT', 'LEFT', 'LAST', 'PASSED', 'UNIT', 'ACTIVATES'], (unit) => [
  ['-', '-', '-', '-', unit.name, unit.name.replace(/timer$/, 'service')],
]);

export const listJobs: Verb = async ({ out }) => {
  await out.write('No jobs running.\n');
  return 0;
};

/** What a unit needs, as a tree; `--reverse` what needs it, `--before` and `--after` in which order. */
export const listDependencies: Verb = async (call) => {
  const { ctx, client, options, out, colour } = call;
  const names = call.args.length === 0 ? ['default.target'] : call.args;
  const units = new Map((await client.units(ctx)).map((u) => [u.name, u]));
  const below = (unit: Unit): string[] => {
    const { dependencies: d, reverse: r } = unit;
    if (options.has('reverse')) return [...r.requiredBy, ...r.wantedBy, ...r.boundBy, ...r.consistsOf];
    if (options.has('after')) return [...d.after, ...r.after];
    if (options.has('before')) return [...d.before, ...r.before];
    return [...d.requires, ...d.bindsTo, ...d.wants];
  };
  const walk = async (unit: Unit, indent: string, path: readonly string[]): Promise<void> => {
    const children = [...new Set(below(unit))].filter((name) => units.has(name)).sort(byKind);
    for (const [i, name] of children.entries()) {
      const child = units.get(name) as Unit;
      const last = i === children.length - 1;
      const mark = options.has('plain') ? '' : `${dot(child, colour)} `;
      await out.write(`${mark}${indent}${options.has('plain') ? '  ' : last ? '└─' : '├─'}${name}\n`);
      const deeper = options.has('all') || name.endsWith('.target');
      if (deeper && !path.includes(name))
        await walk(child, `${indent}${last || options.has('plain') ? '  ' : '│ '}`, [...path, name]);
    }
  };
  for (const name of names) {
    const unit = await getUnit(call, name === 'default.target' ? 'multi-user.target' : name);
    if (unit === null) {
      await printError(ctx, `Unit ${unitName(name)} could not be found.\n`);
      return 1;
    }
    await out.write(`${name === 'default.target' ? name : unit.name}\n`);
    await walk(unit, '', [unit.name]);
  }
  return 0;
};

/** Targets come last, everything else by name. */
function byKind(a: string, b: string): number {
  const rank = (name: string): number => (name.endsWith('.target') ? 1 : 0);
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Units of a kind stand together, in the order of their suffixes. */
function bySuffix(a: Unit, b: Unit): number {
  const key = ({ name }: Unit): string => `${name.slice(name.lastIndexOf('.'))} ${name}`.toLowerCase();
  return key(a) < key(b) ? -1 : 1;
}
