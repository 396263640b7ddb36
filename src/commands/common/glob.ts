/** fnmatch(3) patterns as regular expressions. @models glibc 2.41 posix/fnmatch.c @fidelity partial: no collating symbols */
export function globRegex(glob: string, options: { ignoreCase?: boolean; pathname?: boolean } = {}): RegExp {
  let out = '';
  const any = options.pathname ? '[^/]' : '[\\s\\S]';
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i] as string;
    if (c === '*') out += `${any}*`;
    else if (c === '?') out += any;
    else if (c === '\\' && i + 1 < glob.length) out += escape(glob[++i] as string);
    else if (c === '[') {
      const match = /^\[([!^]?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]/.exec(glob.slice(i));
      if (match === null) out += '\\[';
      else {
        const body = (match[2] as string)
          .replace(
            /\[:([a-z]+):\]/g,
            (_, name: string) =>
              ({ alpha: 'a-zA-Z', digit: '0-9', alnum: 'a-zA-Z0-9', upper: 'A-Z', lower: 'a-z', space: '\\s' })[name] ??
              '',
          )
          .replace(/[\\\][](?![sd])/g, '\\$&');
        out += `[${match[1] === '' ? '' : '^'}${body}]`;
        i += match[0].length - 1;
      }
    } else out += escape(c);
  }
  return new RegExp(`^${out}$`, options.ignoreCase ? 'i' : '');
}

function escape(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
