/** The words of a line that etcdctl reads. @models etcd 3.6 etcdctl/ctlv3/command util.go Argify @fidelity full */
const WORDS = /"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g;

export function argify(line: string): string[] {
  return (line.match(WORDS) ?? []).map((word) => {
    if (word.startsWith("'")) return word.slice(1, -1);
    return word.startsWith('"') ? unquote(word) : word;
  });
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0' };

/** What stands between double quotes. */
export function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(?:x([\da-fA-F]{2})|(.))/g, (_, hex: string | undefined, one: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return ESCAPES[one] ?? one;
  });
}
