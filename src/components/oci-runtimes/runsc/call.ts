/** One invocation of runsc: its own flags, and where it keeps its files. */
export type RunscCall = {
  flags: ReadonlyMap<string, string>;
  root: string;
  /** The subcommand's flags and arguments. */
  options: ReadonlyMap<string, string>;
  args: readonly string[];
  /** Flags that may be given several times. */
  lists: ReadonlyMap<string, readonly string[]>;
};
