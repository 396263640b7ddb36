/**
 * `__complete`, which a cobra program's completion script calls, and the script itself.
 * @models spf13/cobra v1.10 completions.go, bash_completionsV2.go
 * @fidelity partial: of the directives those that programs here use; no active help; the script is shorter and needs no
 * bash-completion
 */
import { commandSoFar } from './cobra.ts';
import type { CobraApp, CobraCommand, CobraContext, Pflag } from './cobra-types.ts';
import { compareStrings } from './quote.ts';

export const DIRECTIVES = { default: 0, noSpace: 2, noFileComp: 4, filterFileExt: 8 } as const;

const DIRECTIVE_NAMES: readonly [number, string][] = [
  [DIRECTIVES.noSpace, 'ShellCompDirectiveNoSpace'],
  [DIRECTIVES.noFileComp, 'ShellCompDirectiveNoFileComp'],
  [DIRECTIVES.filterFileExt, 'ShellCompDirectiveFilterFileExt'],
];

/** Words with what is said of them, and the sum of the directives. */
export type Completions = {
  readonly words: readonly (readonly [word: string, description: string])[];
  directive: number;
};

/** What a program itself offers; null leaves it to the shell, which offers files. */
export type CompletionSource<A> = {
  args(path: readonly CobraCommand<A>[], context: CobraContext, typed: string): Promise<Completions | null>;
  flag(flag: Pflag, context: CobraContext, typed: string): Promise<Completions | null>;
};

const NOTHING: Completions = { words: [], directive: DIRECTIVES.default };

/** `words` are those after the program's name; the last is being typed. */
export async function cobraComplete<A>(
  app: CobraApp<A>,
  source: CompletionSource<A>,
  words: readonly string[],
): Promise<Completions> {
  const typed = words.at(-1) ?? '';
  const { path, context, pending } = commandSoFar(app, words.slice(0, -1));
  if (context === null) return NOTHING;
  const command = path.at(-1) ?? app.root;
  const flags = [...(command.flags ?? []), ...app.globalFlags].filter(({ hidden }) => hidden !== true);
  const [, name, value] = /^--([^=]+)=(.*)$/.exec(typed) ?? [];
  const given = pending ?? flags.find((flag) => flag.name === name);
  if (given !== undefined)
    return fitting((await source.flag(given, context, value ?? typed)) ?? NOTHING, value ?? typed);
  if (typed.startsWith('-')) {
    const open = flags
      .filter((flag) => !context.isSet(flag.name) || flag.kind === 'stringSlice' || flag.kind === 'stringArray')
      .sort((a, b) => compareStrings(a.name, b.name));
    const all = open.flatMap((flag) => [
      [`--${flag.name}`, flag.usage] as const,
      ...(flag.short === undefined ? [] : [[`-${flag.short}`, flag.usage] as const]),
    ]);
    return fitting({ words: all, directive: DIRECTIVES.noFileComp }, typed);
  }
  const below = (command.subcommands ?? []).filter(({ hidden }) => hidden !== true);
  if (context.args.length === 0 && below.length > 0) {
    const named = below.map((child) => [child.name, child.short] as const);
    return fitting({ words: named, directive: DIRECTIVES.noFileComp }, typed);
  }
  return fitting((await source.args(path, context, typed)) ?? NOTHING, typed);
}

function fitting({ words, directive }: Completions, typed: string): Completions {
  if ((directive & DIRECTIVES.filterFileExt) !== 0) return { words, directive };
  return { words: words.filter(([word]) => word.startsWith(typed)), directive };
}

/** As the script reads it. */
export function completionsText({ words, directive }: Completions, described: boolean): string {
  const lines = words.map(([word, description]) => {
    const [first = ''] = description.split('\n');
    return described && first !== '' ? `${word}\t${first}` : word;
  });
  return [...lines, `:${directive}\n`].join('\n');
}

/** What goes to standard error, for who runs it by hand. */
export function directiveText({ directive }: Completions): string {
  const names = DIRECTIVE_NAMES.filter(([bit]) => (directive & bit) !== 0).map(([, name]) => name);
  return `Completion ended with directive: ${names.join(', ') || 'ShellCompDirectiveDefault'}\n`;
}

export function cobraBashScript(program: string): string {
  const name = program.replace(/[-:]/g, '_');
  return `# bash completion for ${program}                              -*- shell-script -*-

# Asks ${program} what may stand at the cursor: words with descriptions, and last a number that says what else to do.
__${name}_get_completion_results()
{
    local line=\${COMP_LINE:0:COMP_POINT} out
    local -a words
    read -r -a words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    out=$(${program} __complete "\${words[@]:1}" 2> /dev/null)
    directive=\${out##*:}
    out=\${out%:*}
    mapfile -t lines <<< "\${out%$'\n'}"
}

__${name}_handle_files()
{
    local ending
    compopt -o filenames
    for ending in "\${lines[@]}"; do
        mapfile -t -O \${#COMPREPLY[@]} COMPREPLY < <(compgen -f -X "!*.$ending" -- "$cur")
    done
    mapfile -t -O \${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- "$cur")
}

# Several words are listed with what is said of them, one alone stands by itself.
__${name}_handle_words()
{
    local tab=$'\t' line word longest=0
    for line in "\${lines[@]}"; do
        word=\${line%%$tab*}
        (( \${#word} > longest )) && longest=\${#word}
    done
    for line in "\${lines[@]}"; do
        word=\${line%%$tab*}
        [[ -z $word ]] && continue
        if (( \${#lines[@]} > 1 )) && [[ $line == *$tab* ]]; then
            printf -v word '%-*s  (%s)' "$longest" "$word" "\${line#*$tab}"
            (( \${#word} > \${COLUMNS:-80} )) && word="\${word:0:\${COLUMNS:-80} - 2}…)"
        fi
        COMPREPLY+=("$word")
    done
}

__start_${name}()
{
    local cur=$2 directive
    local -a lines
    COMPREPLY=()
    __${name}_get_completion_results
    (( directive & 2 )) && compopt -o nospace
    (( directive & 4 )) && compopt +o default
    if (( directive & 8 )); then
        __${name}_handle_files
    else
        __${name}_handle_words
    fi
}

complete -o default -F __start_${name} ${program}
`;
}
