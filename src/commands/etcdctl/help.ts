/**
 * Help pages of etcdctl.
 * @models etcd 3.6 pkg/cobrautl help.go @fidelity full
 */
import type { CobraApp, CobraCommand, Pflag } from '../../go/cobra-types.ts';
import { defaultText } from '../../go/pflag.ts';
import { compareStrings } from '../../go/quote.ts';
import { tabwrite } from '../../go/tabwriter.ts';
import type { EtcdctlRelease } from './release.ts';

const LAYOUT = { minWidth: 0, tabWidth: 8, padding: 1, padChar: '\t' };

export function etcdctlHelp<A>(
  app: CobraApp<A>,
  path: readonly CobraCommand<A>[],
  { version, api }: EtcdctlRelease,
): string {
  const command = path.at(-1) ?? app.root;
  const isRoot = path.length <= 1;
  const names = path.map(({ name }) => name);
  const below = command.subcommands ?? [];
  const use = command.use === undefined ? '' : ` ${command.use}`;
  const parts = [`NAME:\n\t${isRoot ? command.name : names.slice(1).join(' ')} - ${command.short}\n`];
  parts.push(`\nUSAGE:\n\t${names.join(' ')}${use}${command.use?.includes('[flags]') === true ? '' : ' [flags]'}\n`);
  if (isRoot) parts.push(`\nVERSION:\n\t${version}\n`);
  if (below.length > 0) parts.push(`\nAPI VERSION:\n\t${api}\n`);
  if (command.examples !== undefined) parts.push(`\nExamples:\n${command.examples}\n`);
  if (below.length > 0) parts.push(`\n\nCOMMANDS:\n${commandLines(below, []).join('')}`);
  if (command.long !== undefined) {
    const lines = command.long.trim().split('\n');
    parts.push(`\nDESCRIPTION:\n${lines.map((line) => `\t${line}\n`).join('')}`);
  }
  const help: Pflag = { name: 'help', short: 'h', kind: 'bool', usage: `help for ${command.name}` };
  const own = isRoot ? app.globalFlags : (command.flags ?? []);
  parts.push(`\nOPTIONS:\n${flagLines([...own, help])}`);
  if (!isRoot) parts.push(`\nGLOBAL OPTIONS:\n${flagLines(app.globalFlags)}`);
  return tabwrite(`${parts.join('')}\n`, LAYOUT);
}

/** Those that do something, by name, with the names of those above them below the page's command. */
function commandLines<A>(commands: readonly CobraCommand<A>[], above: readonly string[]): string[] {
  return [...commands]
    .filter(({ hidden }) => hidden !== true)
    .sort((a, b) => compareStrings(a.name, b.name))
    .flatMap((command) => {
      const names = [...above, command.name];
      const own = command.action === undefined ? [] : [`\t${names.join(' ')}\t${command.short}\n`];
      return [...own, ...commandLines(command.subcommands ?? [], names)];
    });
}

function flagLines(flags: readonly Pflag[]): string {
  return [...flags]
    .sort((a, b) => compareStrings(a.name, b.name))
    .map((flag) => {
      const short = flag.short === undefined ? '      --' : `  -${flag.short}, --`;
      const value = flag.kind === 'string' ? `"${String(flag.value ?? '')}"` : defaultText(flag);
      return `${short}${flag.name}${flag.kind === 'bool' ? `[=${value}]` : `=${value}`}\t${flag.usage}\n`;
    })
    .join('');
}
