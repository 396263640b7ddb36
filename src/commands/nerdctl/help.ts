/**
 * nerdctl's help pages.
 * @models nerdctl v2.3.5 cmd/nerdctl/main.go usage; spf13/pflag v1.0.10 flag.go FlagUsages
 * @fidelity partial: titles are not bold
 */
import type { CobraApp, Pflag } from '../../go/cobra-types.ts';
import { flagUsages } from '../../go/pflag.ts';
import { compareStrings } from '../../go/quote.ts';
import type { Action, Command } from './run.ts';

export function nerdctlHelp(app: CobraApp<Action>, path: readonly Command[]): string {
  const command = path.at(-1) ?? app.root;
  const name = path.map((part) => part.name).join(' ');
  const isRoot = path.length <= 1;
  const below = ((command.subcommands ?? []) as readonly Command[]).filter(({ hidden }) => hidden !== true);
  const parts = [`${(command.long ?? command.short).trimEnd()}\n\n`];
  if (below.length > 0) parts.push(`Usage: ${name} [command]\n\n`);
  else parts.push(`Usage: ${[name, command.use ?? '[flags]'].join(' ')}\n\n`);
  if ((command.aliases ?? []).length > 0)
    parts.push(`Aliases: ${[command.name, ...(command.aliases ?? [])].join(', ')}\n`);
  if (command.examples !== undefined) parts.push(`Example:\n${command.examples}\n`);
  parts.push(
    section(
      'Management commands',
      below.filter(({ management }) => management === true),
    ),
  );
  parts.push(
    section(
      'Commands',
      below.filter(({ management }) => management !== true),
    ),
  );
  const own = (command.flags ?? []).filter(({ hidden }) => hidden !== true);
  const help: Pflag[] = own.some((flag) => flag.name === 'help')
    ? []
    : [{ name: 'help', short: 'h', kind: 'bool', usage: `help for ${command.name}` }];
  const version: Pflag[] = [{ name: 'version', short: 'v', kind: 'bool', usage: `version for ${command.name}` }];
  const flags = isRoot
    ? [...app.globalFlags.filter(({ hidden }) => hidden !== true), ...help, ...version]
    : [...own, ...help];
  parts.push(`Flags:\n${flagUsages(flags)}\n`);
  parts.push(
    isRoot
      ? `Run '${name} COMMAND --help' for more information on a command.\n\n`
      : `See also '${app.root.name} --help' for the global flags such as '--namespace', '--snapshotter', and '--cgroup-manager'.\n`,
  );
  return parts.join('');
}

function section(title: string, commands: readonly Command[]): string {
  if (commands.length === 0) return '';
  const sorted = [...commands].sort((a, b) => compareStrings(a.name, b.name));
  const width = Math.max(...sorted.map(({ name }) => name.length));
  return `${title}:\n${sorted.map(({ name, short }) => `  ${name.padEnd(width)}  ${short}\n`).join('')}\n`;
}
