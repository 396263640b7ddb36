/**
 * A command line as data: what an urfave/cli program declares, and what parsing it yields.
 * @models urfave/cli v2.27 app.go command.go flag.go context.go; v1.22 for runc
 * @fidelity partial: no categories, no default command, no flag actions; shell completion is the program's own
 */

type FlagBase = {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** The word between backquotes becomes the placeholder in help. */
  readonly usage: string;
  /** Environment variables that set it, first one found wins. */
  readonly env?: readonly string[];
  /** Replaces the default shown in help. */
  readonly defaultText?: string;
  readonly hidden?: boolean;
  readonly required?: boolean;
};

export type CliFlag = FlagBase &
  (
    | { readonly kind: 'bool'; readonly value?: boolean; readonly hideDefault?: boolean }
    | { readonly kind: 'string'; readonly value?: string }
    | { readonly kind: 'int' | 'int64' | 'uint' | 'uint64' | 'float64'; readonly value?: number }
    /** Nanoseconds. */
    | { readonly kind: 'duration'; readonly value?: number }
    | { readonly kind: 'stringSlice'; readonly value?: readonly string[]; readonly keepCommas?: boolean }
  );

export type FlagValue = boolean | string | number | readonly string[];

/** `A` is the program's own type of action: parsing only hands it back. */
export type CliCommand<A = unknown> = {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly usage: string;
  /** Replaces the whole usage line. */
  readonly usageText?: string;
  readonly argsUsage?: string;
  readonly description?: string;
  /** Shows `[arguments...]` when there is no argsUsage. */
  readonly takesArguments?: boolean;
  readonly flags?: readonly CliFlag[];
  readonly subcommands?: readonly CliCommand<A>[];
  readonly hidden?: boolean;
  /** Splits -it into -i -t. */
  readonly shortOptions?: boolean;
  /** Everything after the command's name is an argument. */
  readonly skipFlagParsing?: boolean;
  /** v1 only: flags after arguments are not moved to the front. */
  readonly keepArgumentOrder?: boolean;
  /** Without one, the command prints its help. */
  readonly action?: A;
};

export type CliApp<A = unknown> = {
  readonly name: string;
  readonly usage: string;
  readonly usageText?: string;
  readonly argsUsage?: string;
  readonly description?: string;
  readonly version?: string;
  /** What `--version` prints, when not `NAME version VERSION`; no final newline. */
  readonly versionText?: string;
  readonly flags?: readonly CliFlag[];
  readonly commands: readonly CliCommand<A>[];
  readonly shortOptions?: boolean;
  /** Default 2. runc is built with 1: flags may follow arguments, help has other blanks. */
  readonly dialect?: 1 | 2;
  /** ctr declares its own help and version flags, with a capital and a default. */
  readonly helpFlag?: { readonly usage: string; readonly showDefault: boolean };
  readonly versionFlag?: { readonly usage: string; readonly showDefault: boolean };
  /** Runs instead of the help when no command is given. */
  readonly action?: A;
  /** The words of a program's own usage for `help`'s listing. */
  readonly helpCommandUsage?: string;
};

/** One level of the command line: the program itself, or a command below it. Look-ups fall back on the level above. */
export type CliContext = {
  readonly parent: CliContext | undefined;
  /** The program's name, then those of the commands, never their aliases. */
  readonly path: readonly string[];
  readonly args: readonly string[];
  /** Given on the command line or in the environment. */
  isSet(name: string): boolean;
  bool(name: string): boolean;
  string(name: string): string;
  number(name: string): number;
  /** Nanoseconds. */
  duration(name: string): number;
  strings(name: string): readonly string[];
};

export type CliResult<A = unknown> = {
  /** The levels whose Before hook runs, outermost first; a program's Before comes ahead of what the result says. */
  readonly entered: readonly CliContext[];
} & (
  | { readonly kind: 'help'; readonly text: string; readonly exitCode: 0 }
  | { readonly kind: 'version'; readonly text: string; readonly exitCode: 0 }
  /** `stdout` has the complaint and the help; the program reports `error` in its own way. */
  | { readonly kind: 'usage-error'; readonly stdout: string; readonly error: string }
  /** cli.Exit: the message goes to stderr as it is, with this exit code. */
  | { readonly kind: 'exit'; readonly message: string; readonly exitCode: number }
  | {
      readonly kind: 'run';
      readonly command: CliCommand<A> | undefined;
      readonly action: A;
      readonly context: CliContext;
      /** The help an action prints when it does not like its arguments: cli.ShowSubcommandHelp. */
      help(): string;
    }
);
