/**
 * What `crictl completion` prints for each shell.
 * @models kubernetes-sigs/cri-tools cmd/crictl/completion.go, urfave/cli v2 fish.go
 * @fidelity full
 */

import { helpCommand, helpFlag, versionFlag } from '../../go/cli-help.ts';
import type { CliApp, CliCommand, CliFlag } from '../../go/cli-types.ts';
import { flagNames } from '../../go/flag-set.ts';

function commandsOf(app: CliApp): CliCommand[] {
  const help: CliCommand = { ...helpCommand(app), aliases: ['h'] };
  return [...app.commands, help].filter((command) => command.hidden !== true);
}

function flagsOf(app: CliApp): CliFlag[] {
  return [...(app.flags ?? []), helpFlag(app), versionFlag(app)];
}

function namesOf(command: CliCommand): string[] {
  return [command.name, ...(command.aliases ?? [])];
}

export function bashScript(app: CliApp): string {
  const words = [...commandsOf(app).flatMap(namesOf), ...flagsOf(app).map((flag) => `--${flag.name}`)];
  return `_crictl() {
    local cur opts base
    COMPREPLY=()
    cur="\${COMP_WORDS[COMP_CWORD]}"
    opts="${words.join('\n')}"
    COMPREPLY=( $(compgen -W "\${opts}" -- \${cur}) )
    return 0
}

complete -F _crictl crictl
`;
}

export function zshScript(app: CliApp): string {
  const commands = commandsOf(app).flatMap((command) => namesOf(command).map((name) => `${name}:${command.usage}`));
  const options = flagsOf(app).map((flag) => `--${flag.name}`);
  return `#compdef crictl

_crictl() {
  local -a cmds
  cmds=('${commands.join("' '")}')
  _describe 'commands' cmds

  local -a opts
  opts=('${options.join("' '")}')
  _describe 'global options' opts

  return
}

compdef _crictl crictl
`;
}

export function fishScript(app: CliApp): string {
  const all: string[] = [];
  // The program adds its own two flags when it starts, and again for the script.
  const own = [helpFlag(app), versionFlag(app)];
  const lines = [...flagsOf(app), ...own].map((flag) => fishFlag(flag, []));
  lines.push(...fishCommands(app, commandsOf(app), [], all));
  return `# crictl fish shell completion

function __fish_crictl_no_subcommand --description 'Test if there has been any subcommand yet'
    for i in (commandline -opc)
        if contains -- $i ${all.join(' ')}
            return 1
        end
    end
    return 0
end

${lines.map((line) => `${line}\n`).join('')}
`;
}

function fishCommands(app: CliApp, commands: readonly CliCommand[], path: readonly string[], all: string[]): string[] {
  const lines: string[] = [];
  for (const command of commands) {
    const names = namesOf(command);
    // The command that runs has got its own help by now.
    const below = command.name === 'completion' ? [{ ...helpCommand(app), aliases: ['h'] }] : [];
    lines.push(fishFlag(helpFlag(app), names));
    all.push(...names);
    lines.push(
      `complete -r -c crictl -n '${condition(path)}' -a '${names.join(' ')}' -d '${escaped(command.usage)}'`,
      ...(command.flags ?? []).map((flag) => fishFlag(flag, names)),
      ...(command.name === 'completion' ? [fishFlag(helpFlag(app), names)] : []),
      ...fishCommands(app, command.subcommands ?? below, names, all),
    );
  }
  return lines;
}

/** Whose value is a file: the shell goes on offering those. */
const FILE_FLAGS = new Set(['pod-config']);

function fishFlag(flag: CliFlag, path: readonly string[]): string {
  const [long = '', ...short] = flagNames(flag);
  const takesValue = flag.kind === 'bool' ? '' : ' -r';
  const names = ` -l ${long}${short.map((name) => ` -s ${name}`).join('')}`;
  return `complete -c crictl -n '${condition(path)}'${FILE_FLAGS.has(long) ? '' : ' -f'}${names}${takesValue} -d '${escaped(flag.usage)}'`;
}

function condition(path: readonly string[]): string {
  return path.length === 0 ? '__fish_crictl_no_subcommand' : `__fish_seen_subcommand_from ${path.join(' ')}`;
}

function escaped(text: string): string {
  return text.replaceAll("'", "\\'");
}
