/**
 * Help pages of a cobra program in the layout of kubectl's templater.
 * @models k8s.io/kubectl pkg/util/templates templates.go templater.go help_flags_printer.go
 * @fidelity full
 */
import type { CobraApp, CobraCommand, Pflag } from './cobra-types.ts';
import { defaultText } from './pflag.ts';
import { compareStrings } from './quote.ts';

export function cobraHelp<A>(app: CobraApp<A>, path: readonly CobraCommand<A>[]): string {
  const command = path.at(-1) ?? app.root;
  const name = path.map((part) => part.name).join(' ');
  const parts: string[] = [`${(command.long ?? command.short).trim()}\n\n`];
  if (command.aliases !== undefined && command.aliases.length > 0) {
    parts.push(`Aliases:\n${[command.name, ...command.aliases].join(', ')}\n\n`);
  }
  if (command.examples !== undefined) {
    parts.push(`Examples:\n${indent(command.examples.trim(), '  ')}\n\n`);
  }
  const below = (command.subcommands ?? []).filter(({ hidden }) => hidden !== true);
  if (below.length > 0) {
    parts.push(path.length === 1 ? groupedCommands(app, below) : section('Available Commands:', byName(below)));
  }
  const flags = shown(command.flags ?? []);
  if (flags.length > 0) parts.push(`Options:\n${flagPages(flags)}`);
  parts.push(`Usage:\n  ${usageLine(command, name)}\n\n`);
  if (below.length > 0) parts.push(`Use "${name} <command> --help" for more information about a given command.\n`);
  parts.push(`Use "${app.root.name} options" for a list of global command-line options (applies to all commands).\n`);
  return parts.join('');
}

const byName = <A>(commands: readonly CobraCommand<A>[]): CobraCommand<A>[] =>
  [...commands].sort((a, b) => compareStrings(a.name, b.name));

/** The page of the flags that every command takes. */
export function cobraOptions<A>(app: CobraApp<A>): string {
  return `The following options can be passed to any command:\n\n${flagPages(shown(app.globalFlags))}`;
}

export function usageLine<A>(command: CobraCommand<A>, path: string): string {
  const use = command.use === undefined || command.use === '' ? '' : ` ${command.use}`;
  const hasFlags = (command.flags ?? []).length > 0 || (command.subcommands ?? []).length > 0;
  return `${path}${(command.subcommands ?? []).length > 0 && use === '' ? ' [flags]' : use}${hasFlags ? ' [options]' : ''}`;
}

function shown(flags: readonly Pflag[]): Pflag[] {
  return flags.filter(({ hidden }) => hidden !== true).sort((a, b) => compareStrings(a.name, b.name));
}

function flagPages(flags: readonly Pflag[]): string {
  return flags
    .map((flag) => {
      const short = flag.short === undefined ? '    ' : `    -${flag.short}, `;
      return `${short}--${flag.name}=${defaultText(flag)}:\n\t${flag.usage}\n\n`;
    })
    .join('');
}

function groupedCommands<A>(app: CobraApp<A>, commands: readonly CobraCommand<A>[]): string {
  return app.groups
    .map((title) => {
      const members = commands.filter((command) => (command.group ?? app.groups.at(-1)) === title);
      return section(`${title}:`, members, commands);
    })
    .join('');
}

/** Names are padded to the longest of the section's `siblings`. */
function section<A>(
  title: string,
  members: readonly CobraCommand<A>[],
  siblings: readonly CobraCommand<A>[] = members,
): string {
  const width = Math.max(11, ...siblings.map(({ name }) => name.length)) + 1;
  const lines = members.map(({ name, short }) => `  ${name.padEnd(width)} ${short}\n`);
  return `${title}\n${lines.join('')}\n`;
}

function indent(text: string, margin: string): string {
  return text
    .split('\n')
    .map((line) => margin + line)
    .join('\n');
}
