/**
 * Where units come from: files and drop-ins in the search path, links that enable and mask them, and what is always
 * there.
 * @models systemd 257 src/shared/install.c, src/core/load-fragment.c @fidelity partial: no generators, no templates
 */
import type { Context } from '../context.ts';
import { exists, mkdirAll, readFile } from '../io.ts';
import { isUp, kindOf, newUnit, type Unit } from './unit.ts';
import { parseUnitFile, type UnitFile, valueOf, valuesOf, wordsOf } from './unit-file.ts';

export const TRANSIENT = '/run/systemd/transient';
/** Highest priority first. */
const UNIT_PATHS = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  TRANSIENT,
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
];
const KINDS = ['service', 'target', 'slice', 'scope', 'socket', 'timer', 'path', 'mount'];

/** Units without a file that there is always. */
const PERPETUAL: [string, string, string][] = [
  ['-.slice', 'Root Slice', 'active'],
  ['system.slice', 'System Slice', 'active'],
  ['user.slice', 'User and Session Slice', 'active'],
  ['init.scope', 'System and Service Manager', 'running'],
];

type DependencyList = 'requires' | 'wants' | 'bindsTo' | 'partOf' | 'conflicts' | 'before' | 'after';

export type Dependencies = { readonly [K in DependencyList]: readonly string[] };

export function isPerpetual(name: string): boolean {
  return PERPETUAL.some(([one]) => one === name);
}

/** The slice that a slice, a service or a scope lies in; null for the root. */
export function parentSlice(unit: Unit): string | null {
  const kind = kindOf(unit.name);
  if (kind === 'slice') {
    if (unit.name === '-.slice') return null;
    const dash = unit.name.lastIndexOf('-');
    return dash <= 0 ? '-.slice' : `${unit.name.slice(0, dash)}.slice`;
  }
  if (unit.name === 'init.scope') return '-.slice';
  if (kind !== 'service' && kind !== 'scope') return null;
  const section = kind === 'service' ? 'Service' : 'Scope';
  return (unit.file === null ? undefined : valueOf(unit.file, section, 'Slice')) ?? 'system.slice';
}

/** `/a.slice/a-b.slice`: path of a slice below the root of the cgroup tree. */
export function slicePath(name: string): string {
  if (name === '-.slice') return '';
  const words = name.replace(/\.slice$/, '').split('-');
  return words.map((_, i) => `/${words.slice(0, i + 1).join('-')}.slice`).join('');
}

export function cgroupOf(unit: Unit): string {
  if (kindOf(unit.name) === 'slice') return slicePath(unit.name) || '/';
  const slice = parentSlice(unit);
  return slice === null ? '' : `${slicePath(slice)}/${unit.name}`;
}

export class UnitStore {
  readonly units = new Map<string, Unit>();
  /** TARGET -> what its .wants and .requires directories name. */
  private links = new Map<string, { wants: string[]; requires: string[] }>();
  /** What files have been found to name: whoever starts or stops a unit asks it of all. */
  private named = new WeakMap<UnitFile, Dependencies>();

  constructor() {
    for (const [name, description, subState] of PERPETUAL) {
      const unit = newUnit(name, parseUnitFile('', `[Unit]\nDescription=${description}\n`));
      this.units.set(name, Object.assign(unit, { activeState: 'active', subState }));
    }
  }

  find(name: string): Unit | null {
    return this.units.get(fullName(name)) ?? null;
  }

  /** As `find`, but a slice that no file describes comes into being when something needs it. */
  need(name: string): Unit | null {
    const known = this.find(name);
    if (known !== null || kindOf(name) !== 'slice') return known;
    const unit = newUnit(name, parseUnitFile('', ''));
    this.units.set(name, unit);
    return unit;
  }

  /**
   * A unit that is not known yet is looked for on the disk as soon as somebody names it, with what it needs: a new file
   * needs no daemon-reload.
   */
  async discover(ctx: Context, name: string): Promise<void> {
    const full = fullName(name);
    if (this.units.has(full) || !KINDS.includes(kindOf(full))) return;
    for (const directory of UNIT_PATHS) {
      const path = `${directory}/${full}`;
      const link = await ctx.sys.readlink(ctx, path).catch(() => null);
      if (link === '/dev/null') return this.loadOne(ctx, full, null, false);
      if (!(await exists(ctx, path))) continue;
      await this.loadOne(ctx, full, path, false);
      const unit = this.units.get(full) as Unit;
      const { requires, wants, bindsTo } = this.dependenciesOf(unit);
      const triggered = full.replace(/\.(timer|socket|path)$/, '.service');
      for (const other of new Set([...requires, ...wants, ...bindsTo, triggered])) await this.discover(ctx, other);
      return;
    }
  }

  /** Reads every unit file; known units keep their state. */
  async load(ctx: Context): Promise<void> {
    await this.readLinks(ctx);
    const enabled = new Set([...this.links].flatMap(([, { wants, requires }]) => [...wants, ...requires]));
    const seen = new Set<string>();
    for (const directory of UNIT_PATHS) {
      if (!(await exists(ctx, directory))) continue;
      for (const entry of await ctx.sys.readDirectory(ctx, directory)) {
        if (!KINDS.includes(kindOf(entry.name)) || entry.type === 'directory' || seen.has(entry.name)) continue;
        const path = `${directory}/${entry.name}`;
        const link = entry.type === 'symlink' ? await ctx.sys.readlink(ctx, path) : null;
        if (link !== null && link !== '/dev/null' && !link.endsWith(`/${entry.name}`)) continue;
        if (link !== '/dev/null' && !(await exists(ctx, path))) continue;
        seen.add(entry.name);
        await this.loadOne(ctx, entry.name, link === '/dev/null' ? null : path, enabled.has(entry.name));
      }
    }
    for (const [name, unit] of this.units)
      if (!seen.has(name) && !isPerpetual(name)) {
        // Its file is gone: it is forgotten as soon as it does not run any more.
        if (!isUp(unit) && unit.activeState !== 'activating') this.units.delete(name);
      } else if (isPerpetual(name) && unit.file !== null) await this.readDropIns(ctx, unit, unit.file);
    // What was asked meanwhile may have been answered by links that were half read.
    this.named = new WeakMap();
  }

  /** Reads the one file that was just written for it. */
  async loadTransient(ctx: Context, name: string): Promise<Unit> {
    await this.loadOne(ctx, name, `${TRANSIENT}/${name}`, false);
    return this.units.get(name) as Unit;
  }

  /** Reads a unit and its drop-ins again. */
  async reloadOne(ctx: Context, unit: Unit): Promise<void> {
    if (unit.file === null) return;
    if (unit.file.path === '') await this.readDropIns(ctx, unit, unit.file);
    else await this.loadOne(ctx, unit.name, unit.file.path, unit.enabled);
  }

  private async loadOne(ctx: Context, name: string, path: string | null, enabled: boolean): Promise<void> {
    const unit = this.units.get(name) ?? newUnit(name, null);
    if (name === 'sysinit.target' && !this.units.has(name)) this.named = new WeakMap();
    this.units.set(name, unit);
    unit.sources.clear();
    unit.masked = path === null;
    unit.enabled = enabled;
    unit.file = null;
    unit.dropIns = [];
    if (path === null) return;
    unit.transient = path.startsWith(`${TRANSIENT}/`);
    const file = parseUnitFile(path, await readFile(ctx, path));
    unit.sources.set(path, (await ctx.sys.stat(ctx, path)).mtime);
    await this.readDropIns(ctx, unit, file);
    unit.file = file;
  }

  /** Drop-ins of the same name replace each other by directory; the rest is read in the order of their names. */
  private async readDropIns(ctx: Context, unit: Unit, file: UnitFile): Promise<void> {
    const found = new Map<string, string>();
    for (const directory of [...UNIT_PATHS].reverse()) {
      const path = `${directory}/${unit.name}.d`;
      if (!(await exists(ctx, path))) continue;
      for (const entry of await ctx.sys.readDirectory(ctx, path))
        if (entry.name.endsWith('.conf')) found.set(entry.name, `${path}/${entry.name}`);
    }
    unit.dropIns = [];
    for (const [, path] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const extra = parseUnitFile(path, await readFile(ctx, path));
      for (const [section, pairs] of extra.sections)
        file.sections.set(section, [...(file.sections.get(section) ?? []), ...pairs]);
      this.named.delete(file);
      unit.dropIns.push(path);
      unit.sources.set(path, (await ctx.sys.stat(ctx, path)).mtime);
    }
  }

  private async readLinks(ctx: Context): Promise<void> {
    this.links = new Map();
    for (const directory of UNIT_PATHS) {
      if (!(await exists(ctx, directory))) continue;
      for (const entry of await ctx.sys.readDirectory(ctx, directory)) {
        const match = /^(.+)\.(wants|requires)$/.exec(entry.name);
        if (match === null) continue;
        const [, owner = '', kind] = match;
        const known = this.links.get(owner) ?? { wants: [], requires: [] };
        const list = kind === 'wants' ? known.wants : known.requires;
        for (const { name } of await ctx.sys.readDirectory(ctx, `${directory}/${entry.name}`))
          if (!list.includes(name)) list.push(name);
        list.sort();
        this.links.set(owner, known);
      }
    }
  }

  /** Has a file or drop-in changed, come or gone since it was read? */
  async changedOnDisk(ctx: Context, unit: Unit): Promise<boolean> {
    for (const [path, mtime] of unit.sources) {
      const now = await ctx.sys.stat(ctx, path).catch(() => null);
      if (now === null || now.mtime !== mtime) return true;
    }
    for (const directory of UNIT_PATHS) {
      const path = `${directory}/${unit.name}.d`;
      if (!(await exists(ctx, path))) continue;
      for (const { name } of await ctx.sys.readDirectory(ctx, path))
        if (name.endsWith('.conf') && !unit.dropIns.some((one) => one.endsWith(`/${name}`))) return true;
    }
    return false;
  }

  /** What a unit names, and what follows from its kind. */
  dependenciesOf(unit: Unit): Dependencies {
    const { file } = unit;
    const known = file === null ? undefined : this.named.get(file);
    if (known !== undefined) return known;
    const named = this.findDependencies(unit);
    if (file !== null) this.named.set(file, named);
    return named;
  }

  private findDependencies(unit: Unit): Dependencies {
    const { file } = unit;
    const links = this.links.get(unit.name) ?? { wants: [], requires: [] };
    const of = (key: string): string[] => (file === null ? [] : wordsOf(file, 'Unit', key));
    const out: Record<DependencyList, string[]> = {
      requires: [...of('Requires'), ...of('Requisite'), ...links.requires],
      wants: [...of('Wants'), ...links.wants],
      bindsTo: of('BindsTo'),
      partOf: of('PartOf'),
      conflicts: of('Conflicts'),
      before: of('Before'),
      after: of('After'),
    };
    const slice = parentSlice(unit);
    if (slice !== null) {
      out.requires.push(slice);
      out.after.push(slice);
    }
    const kind = kindOf(unit.name);
    if (kind === 'target') out.after.push(...out.wants, ...out.requires);
    else if (kind === 'service' && this.hasDefaultDependencies(unit) && this.units.has('sysinit.target')) {
      out.requires.push('sysinit.target');
      out.after.push('sysinit.target', 'basic.target');
    }
    return out;
  }

  /** It comes after the basic system, and goes before the machine does. */
  hasDefaultDependencies({ file }: Unit): boolean {
    return file !== null && !/^(no|false|0)$/.test(valueOf(file, 'Unit', 'DefaultDependencies') ?? 'yes');
  }

  /** Units that name this one in one of these lists. */
  *dependents(name: string, lists: readonly (keyof Dependencies)[]): Generator<Unit> {
    for (const unit of this.units.values()) {
      const dependencies = this.dependenciesOf(unit);
      if (lists.some((list) => dependencies[list].includes(name))) yield unit;
    }
  }

  wantedBy(target: string): string[] {
    const { wants, requires } = this.links.get(target) ?? { wants: [], requires: [] };
    return [...wants, ...requires];
  }

  // --- Links ---------------------------------------------------------------------------------------------------

  async enable(ctx: Context, name: string, on: boolean): Promise<{ error: string | null; lines: string[] }> {
    const unit = this.find(name);
    if (unit === null || (unit.file === null && !unit.masked))
      return { error: `Failed to ${on ? 'enable' : 'disable'} unit: Unit ${name} does not exist`, lines: [] };
    if (unit.file === null)
      return on
        ? { error: `Failed to enable unit: Unit /etc/systemd/system/${unit.name} is masked`, lines: [] }
        : { error: null, lines: [] };
    const lines: string[] = [];
    const place = async (path: string, target: string): Promise<void> => {
      if (on && !(await exists(ctx, path))) {
        await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')));
        await ctx.sys.symlink(ctx, target, path);
        lines.push(`Created symlink '${path}' → '${target}'.`);
      } else if (!on && (await exists(ctx, path))) {
        await ctx.sys.unlink(ctx, path);
        lines.push(`Removed '${path}'.`);
      }
    };
    for (const alias of wordsOf(unit.file, 'Install', 'Alias'))
      await place(`/etc/systemd/system/${alias}`, unit.file.path);
    for (const [key, directory] of [
      ['WantedBy', 'wants'],
      ['RequiredBy', 'requires'],
    ] as const)
      for (const target of wordsOf(unit.file, 'Install', key))
        await place(`/etc/systemd/system/${target}.${directory}/${unit.name}`, unit.file.path);
    for (const other of wordsOf(unit.file, 'Install', 'Also')) {
      if (other === unit.name) continue;
      const also = await this.enable(ctx, other, on);
      lines.push(...also.lines);
    }
    await this.load(ctx);
    return { error: null, lines };
  }

  async mask(ctx: Context, name: string, on: boolean): Promise<{ error: string | null; lines: string[] }> {
    const full = fullName(name);
    const path = `/etc/systemd/system/${full}`;
    const present = await ctx.sys.lstat(ctx, path).catch(() => null);
    if (on) {
      if (present?.type === 'symlink') return { error: null, lines: [] };
      if (present !== null) return { error: `Failed to mask unit: File '${path}' already exists.`, lines: [] };
      await ctx.sys.symlink(ctx, '/dev/null', path);
    } else {
      if (present?.type !== 'symlink' || (await ctx.sys.readlink(ctx, path)) !== '/dev/null')
        return { error: null, lines: [] };
      await ctx.sys.unlink(ctx, path);
    }
    await this.load(ctx);
    return { error: null, lines: [on ? `Created symlink '${path}' → '/dev/null'.` : `Removed '${path}'.`] };
  }

  /** Removes what was made for this machine beside the vendor's file: drop-ins, and a file of the administrator's. */
  async revert(ctx: Context, name: string): Promise<string[]> {
    const full = fullName(name);
    const lines: string[] = [];
    const vendor = await exists(ctx, `/usr/lib/systemd/system/${full}`);
    for (const directory of UNIT_PATHS.filter((path) => !path.startsWith('/usr/'))) {
      const dropIns = `${directory}/${full}.d`;
      if (await exists(ctx, dropIns)) {
        for (const entry of await ctx.sys.readDirectory(ctx, dropIns)) {
          await ctx.sys.unlink(ctx, `${dropIns}/${entry.name}`);
          lines.push(`Removed '${dropIns}/${entry.name}'.`);
        }
        await ctx.sys.rmdir(ctx, dropIns);
        lines.push(`Removed '${dropIns}'.`);
      }
      const path = `${directory}/${full}`;
      if (!vendor || (await ctx.sys.lstat(ctx, path).catch(() => null)) === null) continue;
      await ctx.sys.unlink(ctx, path);
      lines.push(`Removed '${path}'.`);
    }
    await this.load(ctx);
    return lines;
  }

  descriptionOf(unit: Unit): string {
    const written = unit.file === null ? undefined : valuesOf(unit.file, 'Unit', 'Description').at(-1);
    if (written !== undefined) return written;
    if (kindOf(unit.name) === 'slice') return `Slice /${unit.name.replace(/\.slice$/, '').replaceAll('-', '/')}`;
    return unit.name;
  }
}

export function fullName(name: string): string {
  return KINDS.includes(kindOf(name)) && name.includes('.') ? name : `${name}.service`;
}
