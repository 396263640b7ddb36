/**
 * The help pages of urfave/cli programs. Words come from the program's declaration; only the frame is made here.
 * @models urfave/cli v2.27 template.go help.go; v1.22 template.go help.go
 * @fidelity partial: no categories, authors or copyright
 */
import type { CliApp, CliCommand, CliFlag } from './cli-types.ts';
import { flagNames, flagValueText } from './flag-set.ts';
import { quote } from './quote.ts';
import { HELP_TABS, tabwrite } from './tabwriter.ts';

export type HelpPage = {
  /** `crictl ps` */
  readonly name: string;
  readonly usage: string;
  readonly usageText?: string | undefined;
  readonly argsUsage?: string | undefined;
  readonly takesArguments?: boolean | undefined;
  readonly description?: string | undefined;
  readonly version?: string | undefined;
  /** Absent: no COMMANDS section. */
  readonly commands?: readonly CliCommand[] | undefined;
  readonly flags: readonly CliFlag[];
  readonly isRoot: boolean;
  readonly dialect: 1 | 2;
};

export function renderHelp(page: HelpPage): string {
  const sections = [section('NAME', nameLine(page)), section('USAGE', usageLine(page))];
  if (page.isRoot && page.version !== undefined) sections.push(section('VERSION', page.version));
  if (page.description !== undefined && page.description !== '') {
    sections.push(section('DESCRIPTION', page.dialect === 1 ? page.description : wrap(page.description, 3)));
  }
  const commands = (page.commands ?? []).filter((command) => command.hidden !== true);
  if (commands.length > 0) sections.push(`COMMANDS:${commandLines(commands)}`);
  const flags = page.flags.filter((flag) => flag.hidden !== true);
  if (flags.length > 0) {
    const lines = flags.map((flag) => `\n   ${page.dialect === 1 ? flagLine(flag, 1) : wrap(flagLine(flag, 2), 6)}`);
    // A v1 command's list of flags leaves the margin of one more line behind it.
    const tail = page.dialect === 1 && !page.isRoot ? '\n   ' : '';
    sections.push(`${page.isRoot ? 'GLOBAL OPTIONS' : 'OPTIONS'}:${lines.join('')}${tail}`);
  }
  return tabwrite(`${sections.join('\n\n')}\n`, HELP_TABS);
}

function section(title: string, body: string): string {
  return `${title}:\n   ${body}`;
}

function nameLine(page: HelpPage): string {
  if (page.usage === '' && (page.dialect === 2 || page.isRoot)) return page.name;
  return `${page.name} - ${page.dialect === 1 ? page.usage : wrap(page.usage, page.name.length + 6)}`;
}

function usageLine(page: HelpPage): string {
  if (page.usageText !== undefined) return page.dialect === 1 ? page.usageText : wrap(page.usageText, 3);
  const options = page.flags.some((flag) => flag.hidden !== true);
  let line = page.name;
  if (page.isRoot) line += `${options ? ' [global options]' : ''} command [command options]`;
  else if (options) line += ' [command options]';
  if (page.argsUsage !== undefined) return `${line} ${page.argsUsage}`;
  return page.dialect === 1 || page.takesArguments === true ? `${line} [arguments...]` : line;
}

function commandLines(commands: readonly CliCommand[]): string {
  const names = commands.map((command) => [command.name, ...(command.aliases ?? [])].join(', '));
  const width = Math.max(...names.map((name) => name.length)) + 2;
  return commands
    .map((command, i) => `\n   ${(names[i] ?? '').padEnd(width)}${wrap(command.usage, width + 3)}`)
    .join('');
}

function flagLine(flag: CliFlag, dialect: 1 | 2): string {
  const [placeholder, usage] = unquoteUsage(flag.usage);
  const label = flag.kind === 'bool' ? '' : ` ${placeholder === '' ? 'value' : placeholder}`;
  const names = flagNames(flag)
    .map((name) => `${name.length === 1 ? '-' : '--'}${name}${label}`)
    .join(', ');
  const repeated = flag.kind === 'stringSlice' && dialect === 2 ? `${names} [ ${names} ]` : names;
  const shown = defaultText(flag, dialect);
  const words = `${usage}${shown === '' ? '' : ` (default: ${shown})`}`.trim();
  const env =
    flag.env === undefined || flag.env.length === 0 ? '' : ` [${flag.env.map((name) => `$${name}`).join(', ')}]`;
  return `${repeated}\t${words}${env}`;
}

function unquoteUsage(usage: string): readonly [placeholder: string, usage: string] {
  const match = /`([^`]*)`/.exec(usage);
  return match === null ? ['', usage] : [match[1] ?? '', usage.replace(match[0], match[1] ?? '')];
}

function defaultText(flag: CliFlag, dialect: 1 | 2): string {
  if (flag.defaultText !== undefined) return flag.defaultText;
  switch (flag.kind) {
    case 'bool':
      return dialect === 1 || flag.hideDefault === true ? '' : String(flag.value ?? false);
    case 'string':
      return flag.value === undefined || flag.value === '' ? '' : quote(flag.value);
    case 'stringSlice':
      return (flag.value ?? [])
        .filter((item) => item !== '')
        .map(quote)
        .join(', ');
    default:
      return flagValueText(flag, flag.value ?? 0);
  }
}

/** Lines after the first move right by `indent`; empty ones stay empty. */
function wrap(text: string, indent: number): string {
  return text
    .split('\n')
    .map((line, i) => (i === 0 || line === '' ? line : ' '.repeat(indent) + line))
    .join('\n');
}

/** The flag every level gets. */
export function helpFlag(app: CliApp): CliFlag {
  return {
    name: 'help',
    aliases: ['h'],
    kind: 'bool',
    usage: app.helpFlag?.usage ?? 'show help',
    hideDefault: app.helpFlag?.showDefault !== true,
  };
}

export function versionFlag(app: CliApp): CliFlag {
  return {
    name: 'version',
    aliases: ['v'],
    kind: 'bool',
    usage: app.versionFlag?.usage ?? 'print the version',
    hideDefault: app.versionFlag?.showDefault !== true,
  };
}

/** The command every level gets; its words are the library's own short ones. */
export function helpCommand(app: CliApp): CliCommand {
  return {
    name: 'help',
    aliases: ['h'],
    usage: app.helpCommandUsage ?? 'List the commands, or explain one of them',
    argsUsage: '[command]',
  };
}
