/**
 * A command line as data: what a cobra program declares, and what parsing it yields.
 * @models spf13/cobra v1.10 command.go args.go; spf13/pflag v1.0 flag.go
 * @fidelity partial: no deprecated flags, no hooks, no plugins; help is laid out by kubectl's templater
 */

type PflagBase = {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly usage: string;
  readonly hidden?: boolean;
  readonly required?: boolean;
  /** NoOptDefVal: what the flag is worth without `=`; then the next word is never its value. */
  readonly bare?: string;
};

export type Pflag = PflagBase &
  (
    | { readonly kind: 'bool'; readonly value?: boolean }
    | { readonly kind: 'string'; readonly value?: string }
    | { readonly kind: 'int' | 'int64' | 'count' | 'float64'; readonly value?: number }
    /** Nanoseconds. */
    | { readonly kind: 'duration'; readonly value?: number }
    /** A slice splits at commas, an array keeps them. */
    | { readonly kind: 'stringSlice' | 'stringArray'; readonly value?: readonly string[] }
  );

export type PflagValue = boolean | string | number | readonly string[];

/** `A` is the program's own type of action: parsing only hands it back. */
export type CobraCommand<A = unknown> = {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What follows the command's path in its usage line, `[flags]` excepted. */
  readonly use?: string;
  readonly short: string;
  readonly long?: string;
  /** Lines as they stand in the page, without margin. */
  readonly examples?: string;
  readonly flags?: readonly Pflag[];
  readonly subcommands?: readonly CobraCommand<A>[];
  readonly hidden?: boolean;
  /** Title under which the root's help lists it. */
  readonly group?: string;
  /** Found by `Did you mean this?` under these words as well. */
  readonly suggestFor?: readonly string[];
  /** The first argument ends the flags: SetInterspersed(false). */
  readonly flagsFirst?: boolean;
  /** Everything after the command's name is an argument. */
  readonly disableFlagParsing?: boolean;
  /** Without one, the command prints its help. */
  readonly action?: A;
};

export type CobraApp<A = unknown> = {
  readonly root: CobraCommand<A>;
  /** Flags that every command takes. */
  readonly globalFlags: readonly Pflag[];
  /** Order and titles of the root's groups; what has none comes under the last. */
  readonly groups: readonly string[];
  /** The beginning of a command's name is enough, if it is that of no other: cobra.EnablePrefixMatching. */
  readonly prefixMatching?: boolean;
};

export type CobraContext = {
  /** The program's name, then those of the commands, never their aliases. */
  readonly path: readonly string[];
  readonly args: readonly string[];
  /** How many arguments stand before `--`, or -1. */
  readonly argsBeforeDash: number;
  /** The flags that were given, in their order. */
  readonly changed: readonly string[];
  isSet(name: string): boolean;
  has(name: string): boolean;
  bool(name: string): boolean;
  string(name: string): string;
  number(name: string): number;
  /** Nanoseconds. */
  duration(name: string): number;
  strings(name: string): readonly string[];
};

export type CobraResult<A = unknown> =
  /** `words`: what stands behind a group of commands, which is none of them; absent where help was asked for. */
  | { readonly kind: 'help'; readonly path: readonly CobraCommand<A>[]; readonly words?: readonly string[] }
  /** A fault in the flags of `path`: programs differ in what they print with it. */
  | { readonly kind: 'flag-error'; readonly error: string; readonly path: readonly CobraCommand<A>[] }
  | { readonly kind: 'error'; readonly error: string; readonly path: readonly CobraCommand<A>[] }
  | {
      readonly kind: 'run';
      readonly command: CobraCommand<A>;
      readonly action: A;
      readonly path: readonly CobraCommand<A>[];
      readonly context: CobraContext;
    };
