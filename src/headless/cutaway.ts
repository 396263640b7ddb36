/** The command line: `cutaway COMMAND …`. Exit codes: that of the last command run; 2 for usage errors. */

import { lendCodec } from '../sim/trace-block.ts';
import { UsageError } from './arguments.ts';
import { compare } from './compare.ts';
import { grade } from './grade.ts';
import { host } from './host.ts';
import { lab } from './lab.ts';
import { article, demo, drill, lesson } from './lesson.ts';
import { NATIVE_CODEC } from './native-codec.ts';
import { run } from './run.ts';
import { listScenarios } from './scenarios.ts';
import { serve } from './serve/serve.ts';
import { shell } from './shell.ts';
import { trace } from './trace.ts';

const USAGE = `Usage: cutaway COMMAND [OPTION]...

Commands:
  run        run command lines on a freshly booted node
             [--scenario NAME] [--seed N] [--file HOST_PATH:NODE_PATH]... [--out NODE_PATH:HOST_PATH]... [--fault NAME[=ARGUMENT][@SECONDS]]... [--json]
             (-c LINE | SCRIPT)
  shell      a shell on the node, on this terminal
             [--scenario NAME] [--seed N]
  serve      offer the runtime's socket of a node as a real Unix socket, until SIGINT
             --socket PATH [--scenario NAME] [--seed N] [--host-dir PATH] [--publish] [--run LINE]...
  scenarios  list the nodes that can be booted
  trace      print what one command line caused, as a tree
             [--format text|json|perfetto|otlp] [--scenario NAME] [--seed N] [--file HOST_PATH:NODE_PATH]... -c LINE
  compare    run the same lines on two or more nodes; print where the time went and the first thing that differs
             [--scenario NAME]... [--seed N]... [--first LINE]... [--name WORD]... [--settle SECONDS]
             [--file HOST_PATH:NODE_PATH]... [--json] (-c LINE | SCRIPT)
  lab        the same container under each handler of a node, and the same Pod on containerd and CRI-O: start latency
             by step, what is added on the host, the way of a system call, with sources
             [--seed N] [--handler NAME]... [--json]
  lesson     list|test|lint [--quick] [ID]...
             pack [--lang LANGUAGE] [--out FILE] ID: a SCORM package for a school's LMS
  drill      list|test|lint [--quick] [ID]...
  demo       list|test|lint [ID]...: what a teacher presents
  article    list|test|lint [ID]...: the article with a node beside it
  grade      run learners' logs again and print a table (CSV)
             FILE.cutaway...
  host       serve the page on loopback, or to the classroom's network
             [--lan] [--port N]
`;

type Command = (args: string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = {
  run,
  shell,
  serve,
  scenarios: listScenarios,
  trace,
  compare,
  lab,
  lesson,
  drill,
  demo,
  article,
  grade,
  host,
};

/** Not where it is what an option before it is given: `-c --help`. */
function asksForHelp(args: readonly string[]): boolean {
  return args.some((arg, i) => (arg === '--help' || arg === '-h') && args[i - 1]?.startsWith('-') !== true);
}

/** What the list above says of one command. */
function usageOf(name: string): string {
  const from = USAGE.indexOf(`\n  ${name} `) + 1;
  const next = /\n {2}\w/g;
  next.lastIndex = from;
  const to = next.exec(USAGE)?.index ?? USAGE.length - 1;
  return `Usage: cutaway ${name} [OPTION]...\n\n${USAGE.slice(from, to)}\n`;
}

async function main(argv: string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (command === undefined) {
    const problem = name === undefined ? 'no command given' : `unknown command "${name}"`;
    process.stderr.write(`cutaway: ${problem}\n\n${USAGE}`);
    return 2;
  }
  if (asksForHelp(args)) {
    process.stdout.write(usageOf(name as string));
    return 0;
  }
  try {
    return await command(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`cutaway ${name}: ${error.message}\n`);
    return 2;
  }
}

// A reader that has gone away (`cutaway run … | head -1`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

lendCodec(NATIVE_CODEC);
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
