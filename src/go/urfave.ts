/**
 * The command line of programs built on urfave/cli: crictl, ctr, CRI-O (version 2) and runc (version 1). Parsing
 * is pure: it says
 * what to print or what to run, and the program does it.
 * @models urfave/cli v2.27 command.go app.go help.go; v1.22 command.go app.go help.go
 * @fidelity partial: v1 programs with nested commands follow v2's rules below the first level
 */

import { helpCommand, helpFlag, renderHelp, versionFlag } from './cli-help.ts';
import type { CliApp, CliCommand, CliContext, CliFlag, CliResult, FlagValue } from './cli-types.ts';
import { type FlagSet, flagNames, parseFlags } from './flag-set.ts';
import { quote } from './quote.ts';

/** `args` without the program's own name. */
export function parseCli<A>(app: CliApp<A>, args: readonly string[], env: ReadonlyMap<string, string>): CliResult<A> {
  return new CliRun(app, env).level(rootLevel(app), args, undefined);
}

/** cli.ShowAppHelp. */
export function appHelp<A>(app: CliApp<A>): string {
  return pageOf(app, rootLevel(app), true);
}

/**
 * cli.ShowCommandHelp on a top-level command, as `NAME help COMMAND` prints it and as runc prints it above its own
 * complaints. Undefined when there is no such command.
 */
export function commandHelp<A>(app: CliApp<A>, name: string): string | undefined {
  const command = app.commands.find((candidate) => hasName(candidate, name));
  return command === undefined ? undefined : helpFromAbove(app, rootLevel(app), command);
}

/** A command with what the library adds to it before it runs. */
type Level<A> = {
  readonly command: CliCommand<A> | undefined;
  readonly path: readonly string[];
  readonly subcommands: readonly CliCommand<A>[];
  readonly flags: readonly CliFlag[];
  /** Those of its subcommands that have been entered once. */
  readonly below: WeakMap<CliCommand<A>, Level<A>>;
};

/** A runtime is executed several times for each container: its levels are made once. */
const roots = new WeakMap<object, Level<unknown>>();

function rootLevel<A>(app: CliApp<A>): Level<A> {
  const known = roots.get(app) as Level<A> | undefined;
  if (known !== undefined) return known;
  const version = app.version === undefined ? [] : [versionFlag(app)];
  const level: Level<A> = {
    command: undefined,
    path: [app.name],
    subcommands: [...app.commands, addedHelp(app)],
    flags: [...(app.flags ?? []), helpFlag(app), ...version],
    below: new WeakMap(),
  };
  roots.set(app, level as Level<unknown>);
  return level;
}

function levelBelow<A>(app: CliApp<A>, above: Level<A>, command: CliCommand<A>): Level<A> {
  const known = above.below.get(command);
  if (known !== undefined) return known;
  const own = command.subcommands ?? [];
  const level: Level<A> = {
    command,
    path: [...above.path, command.name],
    subcommands: app.dialect === 1 && own.length === 0 ? [] : [...own, addedHelp(app)],
    flags: [...(command.flags ?? []), helpFlag(app)],
    below: new WeakMap(),
  };
  above.below.set(command, level);
  return level;
}

function addedHelp<A>(app: CliApp<A>): CliCommand<A> {
  const { name, usage } = helpCommand(app);
  return { name, aliases: ['h'], usage, argsUsage: '[command]' };
}

function hasName(command: CliCommand, name: string): boolean {
  return command.name === name || (command.aliases ?? []).includes(name);
}

/** The page of a level; whether it lists commands depends on which of the library's paths printed it. */
function pageOf<A>(app: CliApp<A>, level: Level<A>, listsCommands: boolean): string {
  const { command } = level;
  const isRoot = command === undefined;
  const source = command ?? app;
  return renderHelp({
    name: level.path.join(' '),
    usage: source.usage,
    usageText: source.usageText,
    argsUsage: source.argsUsage,
    takesArguments: command?.takesArguments,
    description: source.description,
    version: isRoot ? app.version : undefined,
    commands: listsCommands ? level.subcommands : undefined,
    // v1 adds the help flag to a copy, which its help page never sees.
    flags: app.dialect === 1 && !isRoot ? (command.flags ?? []) : level.flags,
    isRoot,
    dialect: app.dialect ?? 2,
  });
}

/**
 * Help asked for on the level above: the command has not run, so a help command joins only those it declares
 * itself.
 */
function helpFromAbove<A>(app: CliApp<A>, above: Level<A>, command: CliCommand<A>): string {
  const hasCommands = (command.subcommands ?? []).length > 0;
  return pageOf(app, levelBelow(app, above, command), hasCommands);
}

class CliRun<A> {
  private readonly app: CliApp<A>;
  private readonly env: ReadonlyMap<string, string>;
  private readonly entered: CliContext[] = [];

  constructor(app: CliApp<A>, env: ReadonlyMap<string, string>) {
    this.app = app;
    this.env = env;
  }

  level(level: Level<A>, words: readonly string[], parent: LevelContext | undefined): CliResult<A> {
    const { app } = this;
    const { command } = level;
    const isRoot = command === undefined;
    const parsed = parseFlags(level.flags, words, this.env, {
      shortOptions: (app.shortOptions ?? false) || (command?.shortOptions ?? false),
      skipFlagParsing: command?.skipFlagParsing ?? false,
      reorder: app.dialect === 1 && !isRoot && command.keepArgumentOrder !== true,
    });
    if (!parsed.ok) {
      const mark = app.dialect === 1 && isRoot ? '.' : ':';
      return this.usageError(`Incorrect Usage${mark} ${parsed.error}\n\n${pageOf(app, level, true)}`, parsed.error);
    }
    const context = new LevelContext(level.path, parsed.flags, parent);
    if (context.bool('help')) {
      const topic = app.dialect === 1 ? undefined : context.args[0];
      return topic === undefined || topic === '' ? this.help(this.ownHelp(level)) : this.helpTopic(level, topic);
    }
    if (isRoot && app.version !== undefined && context.bool('version')) {
      const text = app.versionText ?? `${app.name} version ${app.version}`;
      return { kind: 'version', text: `${text}\n`, exitCode: 0, entered: this.entered };
    }
    const missing = level.flags.filter((flag) => flag.required === true && !context.isSet(flag.name));
    if (missing.length > 0) {
      // The help it would show is that of its first argument, if there is one: mostly none.
      const topic = app.dialect === 1 ? undefined : context.args[0];
      const page = topic === undefined || level.subcommands.some((child) => hasName(child, topic));
      return this.usageError(page ? pageOf(app, level, true) : '', missingText(missing.map((flag) => flag.name)));
    }
    this.entered.push(context);
    return this.dispatch(level, context);
  }

  private dispatch(level: Level<A>, context: LevelContext): CliResult<A> {
    const { app } = this;
    const first = context.args[0];
    if (first !== undefined && first !== '') {
      const child = level.subcommands.find((candidate) => hasName(candidate, first));
      if (child?.name === 'help' && !this.isDeclared(level, child)) return this.runHelpCommand(level, context);
      if (child !== undefined) return this.level(levelBelow(app, level, child), context.args.slice(1), context);
    }
    const action = level.command === undefined ? app.action : level.command.action;
    if (action !== undefined) {
      const { command } = level;
      const listsCommands = app.dialect !== 1 || command === undefined;
      // Made only for the few actions that print it.
      const help = (): string => pageOf(app, level, listsCommands);
      return { kind: 'run', command, action, context, help, entered: this.entered };
    }
    return first === undefined || first === '' ? this.help(this.ownHelp(level)) : this.helpTopic(level, first);
  }

  /** A program may have a command of its own that is called help. */
  private isDeclared(level: Level<A>, child: CliCommand<A>): boolean {
    const own = level.command === undefined ? this.app.commands : (level.command.subcommands ?? []);
    return own.includes(child);
  }

  private runHelpCommand(level: Level<A>, context: LevelContext): CliResult<A> {
    const { app } = this;
    const below = levelBelow(app, level, addedHelp(app));
    const parsed = parseFlags(below.flags, context.args.slice(1), this.env, {
      shortOptions: app.shortOptions ?? false,
      skipFlagParsing: false,
      reorder: app.dialect === 1,
    });
    if (!parsed.ok) {
      return this.usageError(`Incorrect Usage: ${parsed.error}\n\n${pageOf(app, below, true)}`, parsed.error);
    }
    if (parsed.flags.get('help') === true) return this.help(pageOf(app, below, false));
    const topic = parsed.flags.args[0];
    return topic === undefined || topic === '' ? this.help(this.ownHelp(level)) : this.helpTopic(level, topic);
  }

  private helpTopic(level: Level<A>, topic: string): CliResult<A> {
    const found = level.subcommands.find((candidate) => hasName(candidate, topic));
    if (found !== undefined) return this.help(helpFromAbove(this.app, level, found));
    return { kind: 'exit', message: `No help topic for '${topic}'`, exitCode: 3, entered: this.entered };
  }

  /** A level's page when it is asked for itself: a command with no commands but help does not list that one. */
  private ownHelp(level: Level<A>): string {
    const isLeaf = level.command !== undefined && (level.command.subcommands ?? []).length === 0;
    return pageOf(this.app, level, !isLeaf);
  }

  private help(text: string): CliResult<A> {
    return { kind: 'help', text, exitCode: 0, entered: this.entered };
  }

  private usageError(stdout: string, error: string): CliResult<A> {
    return { kind: 'usage-error', stdout, error, entered: this.entered };
  }
}

function missingText(names: readonly string[]): string {
  if (names.length === 1) return `Required flag ${quote(names[0] ?? '')} not set`;
  return `Required flags ${quote(names.join(', '))} not set`;
}

class LevelContext implements CliContext {
  readonly parent: LevelContext | undefined;
  readonly path: readonly string[];
  readonly args: readonly string[];
  private readonly flags: FlagSet;

  constructor(path: readonly string[], flags: FlagSet, parent: LevelContext | undefined) {
    this.path = path;
    this.flags = flags;
    this.args = flags.args;
    this.parent = parent;
  }

  isSet(name: string): boolean {
    return this.owner(name)?.flags.isSet(name) ?? false;
  }

  bool(name: string): boolean {
    return this.value(name) === true;
  }

  string(name: string): string {
    const value = this.value(name);
    return typeof value === 'string' ? value : '';
  }

  number(name: string): number {
    const value = this.value(name);
    return typeof value === 'number' ? value : 0;
  }

  duration(name: string): number {
    return this.number(name);
  }

  strings(name: string): readonly string[] {
    const value = this.value(name);
    return typeof value === 'object' ? value : [];
  }

  private value(name: string): FlagValue | undefined {
    return this.owner(name)?.flags.get(name);
  }

  /** The nearest level that declares the flag. */
  private owner(name: string): LevelContext | undefined {
    return this.flags.has(name) ? this : this.parent?.owner(name);
  }
}

/** Every name a shell may complete on a level: commands with their aliases, then flags. */
export function completionWords<A>(app: CliApp<A>, path: readonly string[]): { commands: string[]; flags: string[] } {
  let level = rootLevel(app);
  for (const name of path) {
    const child = level.subcommands.find((candidate) => hasName(candidate, name));
    if (child === undefined) break;
    level = levelBelow(app, level, child);
  }
  const commands = level.subcommands.filter((command) => command.hidden !== true);
  const flags = level.flags.filter((flag) => flag.hidden !== true).flatMap(flagNames);
  return {
    commands: commands.flatMap((command) => [command.name, ...(command.aliases ?? [])]),
    flags: flags.map((name) => (name.length === 1 ? `-${name}` : `--${name}`)),
  };
}
