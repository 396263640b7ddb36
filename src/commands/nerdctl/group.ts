/** A command that only has commands below it. @models nerdctl v2.3.5 cmd/nerdctl/helpers/cobra.go UnknownSubcommandAction @fidelity full */
import { editDistance } from '../../go/cobra.ts';
import { compareStrings, quote } from '../../go/quote.ts';
import { print } from '../../linux/io.ts';
import { type Command, fail } from './run.ts';

const DISTANCE_MAX = 2;

/** With a word that names none of them it fails; without words its help is printed. */
export function group(definition: Omit<Command, 'action'>, help: (path: readonly string[]) => string): Command {
  return {
    ...definition,
    action: async (ctx, cli) => {
      const word = cli.args[0];
      if (word !== undefined) unknownSubcommand(definition, word);
      await print(ctx, help(cli.path));
    },
  };
}

function unknownSubcommand(command: Command, word: string): never {
  const lower = word.toLowerCase();
  const similar = (command.subcommands ?? [])
    .filter(({ hidden }) => hidden !== true)
    .map(({ name }) => name)
    .filter((name) => editDistance(lower, name) <= DISTANCE_MAX || name.startsWith(lower))
    .sort(compareStrings);
  const hint = similar.length === 0 ? '' : `\n\nDid you mean this?\n${similar.map((name) => `\t${name}\n`).join('')}`;
  return fail(`unknown subcommand ${quote(word)} for ${quote(command.name)}${hint}`);
}
