/** Versions in Debian's order. @models dpkg lib/dpkg/version.c */

const order = (c: string | undefined): number =>
  c === undefined || /\d/.test(c) ? 0 : /[A-Za-z]/.test(c) ? c.charCodeAt(0) : c === '~' ? -1 : c.charCodeAt(0) + 256;

function compareParts(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    while ((i < a.length && !/\d/.test(a[i] as string)) || (j < b.length && !/\d/.test(b[j] as string))) {
      const difference = order(a[i]) - order(b[j]);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const [x, y] = [/^\d*/.exec(a.slice(i))?.[0] ?? '', /^\d*/.exec(b.slice(j))?.[0] ?? ''];
    i += x.length;
    j += y.length;
    const difference = Number(x) - Number(y);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Negative: `a` is older. */
export function compareVersions(a: string, b: string): number {
  const split = (v: string): [number, string, string] => {
    const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(v) ?? [];
    const dash = rest.lastIndexOf('-');
    return [Number(epoch), dash < 0 ? rest : rest.slice(0, dash), dash < 0 ? '0' : rest.slice(dash + 1)];
  };
  const [ea, ua, ra] = split(a);
  const [eb, ub, rb] = split(b);
  return ea - eb || compareParts(ua, ub) || compareParts(ra, rb);
}
