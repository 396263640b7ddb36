/** curl's command line. @models curl 8.14 src/tool_getparam.c @fidelity partial: the options listed here */
export type CurlOptions = { values: Map<string, string[]>; urls: string[] };

export class CurlUsage extends Error {}

/** `letter,long` or `long`; `=` takes a value. What is listed without help has no effect here. */
const TABLE: readonly (readonly [names: string, help: string])[] = [
  ['d,data=<data>', 'Body of a POST'],
  ['data-ascii=<data>', ''],
  ['data-raw=<data>', 'Body of a POST, @ has no meaning'],
  ['data-binary=<data>', 'Body of a POST as it is'],
  ['data-urlencode=<data>', 'Body of a POST, encoded'],
  ['json=<data>', 'Body of a POST that is JSON'],
  ['f,fail', 'No output for errors of the server'],
  ['fail-with-body', 'Fail on errors of the server but keep the body'],
  ['h,help', 'This list'],
  ['i,include', 'Show the headers of the answer too'],
  ['show-headers', ''],
  ['I,head', 'Headers only'],
  ['o,output=<file>', 'Write to a file'],
  ['O,remote-name', 'Write to a file named as the remote one'],
  ['remote-name-all', ''],
  ['s,silent', 'No meter, no messages'],
  ['S,show-error', 'Messages even when silent'],
  ['v,verbose', 'Say more'],
  ['V,version', 'Show the version'],
  ['L,location', 'Follow redirects'],
  ['max-redirs=<num>', 'How many at most'],
  ['k,insecure', 'Allow servers that cannot be verified'],
  ['H,header=<header>', 'Another header'],
  ['X,request=<method>', 'Method'],
  ['A,user-agent=<name>', 'User-Agent'],
  ['e,referer=<URL>', 'Referer'],
  ['u,user=<user:password>', 'User and password'],
  ['oauth2-bearer=<token>', 'Bearer token'],
  ['G,get', 'Data go into the URL'],
  ['w,write-out=<format>', 'Write this afterwards'],
  ['D,dump-header=<file>', 'Write the headers to a file'],
  ['T,upload-file=<file>', 'Send a file'],
  ['unix-socket=<path>', 'Connect through a Unix socket'],
  ['resolve=<host:port:addr>', 'Use this address'],
  ['connect-to=<HOST1:PORT1:HOST2:PORT2>', ''],
  ['m,max-time=<seconds>', 'Time for all of it'],
  ['connect-timeout=<seconds>', 'Time to connect'],
  ['create-dirs', 'Make missing directories'],
  ['output-dir=<dir>', 'Directory of files'],
  ['retry=<num>', 'Try again on passing errors'],
  ['retry-delay=<seconds>', ''],
  ['retry-all-errors', ''],
  ['retry-connrefused', 'Refused connections too'],
  ['cacert=<file>', 'Authorities to believe'],
  ['E,cert=<certificate>', 'Client certificate'],
  ['key=<key>', 'Its private key'],
  ['cert-type=<type>', ''],
  ['key-type=<type>', ''],
  ['capath=<dir>', ''],
  ['r,range=<range>', 'Only this part'],
  ['b,cookie=<data>', 'Cookies'],
  ['compressed', ''],
  ['g,globoff', ''],
  ['N,no-buffer', ''],
  ['no-progress-meter', 'No meter'],
  ['progress-bar', ''],
  ['#', ''],
  ['4,ipv4', ''],
  ['6,ipv6', ''],
  ['0,http1.0', ''],
  ['http1.1', ''],
  ['http2', ''],
  ['tlsv1.2', ''],
  ['tlsv1.3', ''],
  ['noproxy=<hosts>', ''],
  ['no-keepalive', ''],
  ['url=<url>', ''],
  ['q,disable', ''],
  ['proto=<protocols>', ''],
  ['path-as-is', ''],
  ['ssl-reqd', ''],
  ['post301', ''],
  ['location-trusted', ''],
];

const LONG = new Map<string, boolean>();
const SHORT = new Map<string, string>();
for (const [names] of TABLE) {
  const [left = '', value] = names.split('=');
  const parts = left.split(',');
  const long = parts.at(-1) as string;
  LONG.set(long, value !== undefined);
  if (parts.length > 1 || long.length === 1) SHORT.set(parts[0] as string, long);
}

export function parseCurl(args: readonly string[]): CurlOptions {
  const values = new Map<string, string[]>();
  const urls: string[] = [];
  const put = (key: string, value: string): void => {
    if (key === 'url') urls.push(value);
    else values.set(key, [...(values.get(key) ?? []), value]);
  };
  let plain = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (plain || !arg.startsWith('-') || arg === '-') urls.push(arg);
    else if (arg === '--') plain = true;
    else if (arg.startsWith('--')) {
      const name = arg.slice(2);
      const candidates = [...LONG.keys()].filter((k) => k.startsWith(name));
      const long = LONG.has(name) ? name : candidates.length === 1 ? (candidates[0] as string) : null;
      if (long === null && name.startsWith('no-') && LONG.has(name.slice(3))) {
        values.delete(name.slice(3));
        continue;
      }
      if (long === null) throw new CurlUsage(`option ${arg}: is ${candidates.length > 1 ? 'ambiguous' : 'unknown'}`);
      if (!LONG.get(long)) put(long, '');
      else {
        const value = args[++i];
        if (value === undefined) throw new CurlUsage(`option ${arg}: requires parameter`);
        put(long, value);
      }
    } else {
      for (let at = 1; at < arg.length; at++) {
        const long = SHORT.get(arg[at] as string);
        if (long === undefined) throw new CurlUsage(`option ${arg}: is unknown`);
        if (!LONG.get(long)) {
          put(long, '');
          continue;
        }
        const value = at + 1 < arg.length ? arg.slice(at + 1) : args[++i];
        if (value === undefined) throw new CurlUsage(`option ${arg}: requires parameter`);
        put(long, value);
        break;
      }
    }
  }
  return { values, urls };
}

export function curlHelp(): string {
  const rows = TABLE.filter(([, help]) => help !== '').map(([names, help]) => {
    const [left = '', value] = names.split('=');
    const [a, b] = left.split(',');
    const shown = b === undefined ? `    --${a}` : `-${a}, --${b}`;
    return ` ${`${shown}${value === undefined ? '' : ` ${value}`}`.padEnd(32)} ${help}`;
  });
  return `Usage: curl [options...] <url>\n${rows.join('\n')}\n`;
}
