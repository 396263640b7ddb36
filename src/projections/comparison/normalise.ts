/**
 * Takes out of a text what a machine makes up anew each time: random ids, inode numbers, pids, times, ports that the
 * kernel chose. What is left is what the text says. Digests of images stay: they follow from content.
 */

const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| ?[+-]\d\d:?\d\d)?(?: UTC)?/g, '<time>'],
  [
    /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [A-Z]?[a-z]{0,2} ?\d+ \d\d:\d\d:\d\d\b/g,
    '<time>',
  ],
  [/[0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}(?![0-9a-f])/g, '<uid>'],
  [/(?<!sha256:|sha256\/|sha256%3A)(?<![0-9a-f])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{12,64}(?![0-9a-z])/g, '<id>'],
  [/(?<![\d.])\d{12,13}(?![\d.])/g, '<id>'],
  [/(?<=\/(?:exec|attach|portforward)\/)[\w-]{8}(?![\w-])/g, '<token>'],
  [/\bveth[0-9a-f]{8}\b/g, 'veth<n>'],
  [/\bextract-\d+-[\w-]+/g, 'extract-<n>'],
  [/\b(containerd-mount|runc-process|vsock:\/\/|tap)\d+/g, '$1<n>'],
  [/\btmp\.\w{6,}/g, 'tmp.<n>'],
  [/\b4026\d{6}\b/g, '<inode>'],
  [/\b\d{16,19}\b/g, '<time>'],
  // Names that controllers give: their alphabet has no vowels, so that it spells nothing.
  [/-[bcdfghjklmnpqrstvwxz2456789]{8,10}(?=-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9]))/g, '-<hash>'],
  [/-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/g, '-<n>'],
  [/\/proc\/\d+/g, '/proc/<pid>'],
  [/((?:--pid|-p|pid)[= ])\d+/g, '$1<pid>'],
  [/:(?:3[3-9]|[45]\d|6[0-5])\d{3}\b/g, ':<port>'],
  // Addresses of pods are given in turn.
  [/\b(10\.\d+\.\d+)\.\d+/g, '$1.<n>'],
];

export function normalised(text: string): string {
  let out = text;
  for (const [pattern, by] of RULES) out = out.replace(pattern, by);
  return out;
}

/** What a program wrote: also ages, durations and pids, and the widths of columns that held them. */
export function normalisedOutput(text: string): string {
  return normalised(text)
    .replace(/\b(?:Less than a second|About an? \w+|\d+ \w+) ago\b/g, '<age>')
    .replace(/\b\d+(?:\.\d+)?(?:ns|µs|ms|s|m|h|d)(?:\d+(?:\.\d+)?(?:ms|s|m|h))*\b/g, '<time>')
    .replace(/\b\d\d?:\d\d(?::\d\d)?\b/g, '<time>')
    .replace(/\b[EIWF]\d{4} <time>(?:\.\d+)? +\d+ /g, '<log> ')
    .replace(/(?<=^\S* *)\d+(?= )/gm, '<n>')
    .replace(/[ \t]+/g, ' ');
}

/** `sha256:…` and ids as people quote them. */
export function shortened(text: string): string {
  return text.replace(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-z])/g, (id) => `${id.slice(0, 13)}…`);
}
