/** The command line that containerd gives every shim. @models containerd pkg/shim/shim.go @fidelity full */

export type Flags = {
  namespace: string;
  id: string;
  address: string;
  bundle: string;
  socket: string;
  debug: boolean;
  version: boolean;
  help: boolean;
  info: boolean;
  rest: string[];
};

const FLAG_NAMES: Readonly<Record<string, 'string' | 'bool'>> = {
  address: 'string',
  bundle: 'string',
  debug: 'bool',
  'debug-socket': 'string',
  id: 'string',
  info: 'bool',
  namespace: 'string',
  'publish-binary': 'string',
  socket: 'string',
  v: 'bool',
  h: 'bool',
  help: 'bool',
};

/** Go's package flag; a string is its complaint. `unknown` are flags that this shim does not have. */
export function parseFlags(words: readonly string[], unknown: readonly string[] = []): Flags | string {
  const values = new Map<string, string>();
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    if (word === '--') {
      i++;
      break;
    }
    const [name = '', given] = splitOnce(word.replace(/^--?/, ''));
    const kind = FLAG_NAMES[name];
    if (kind === undefined || unknown.includes(name)) return `flag provided but not defined: -${name}`;
    if (kind === 'bool') values.set(name, given ?? 'true');
    else if (given !== undefined) values.set(name, given);
    else if (i + 1 < words.length) values.set(name, words[++i] ?? '');
    else return `flag needs an argument: -${name}`;
  }
  const text = (name: string): string => values.get(name) ?? '';
  const on = (name: string): boolean => text(name) === 'true';
  return {
    namespace: text('namespace'),
    id: text('id'),
    address: text('address'),
    bundle: text('bundle'),
    socket: text('socket'),
    debug: on('debug'),
    version: on('v'),
    help: on('h') || on('help'),
    info: on('info'),
    rest: words.slice(i),
  };
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

export function usage(name: string, unknown: readonly string[] = []): string {
  const info = unknown.includes('info')
    ? ''
    : '  -info\n    \tread options from stdin, print what the shim can do, and exit\n';
  return `Usage of ${name}:
  -address string
    \tgRPC address of the containerd that started this shim
  -bundle string
    \tdirectory of the bundle, when it is not the working directory
  -debug
    \tlog debug messages too
  -debug-socket string
    \tsocket for debugging
  -id string
    \tid of the task
${info}  -namespace string
    \tnamespace the shim belongs to
  -publish-binary string
    \taccepted and not used: events go to TTRPC_ADDRESS
  -socket string
    \tsocket to serve on
  -v\tprint the version and exit
`;
}
