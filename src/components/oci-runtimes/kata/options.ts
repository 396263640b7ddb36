/** Command lines of the helpers: `-name value` and `--name=value`; a name may come more than once. */
export function optionsOf(words: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const next = words[i + 1];
    let value = '';
    if (equals >= 0) value = word.slice(equals + 1);
    else if (next !== undefined && !next.startsWith('-')) {
      value = next;
      i++;
    }
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  return found;
}

/** `tap,id=network-0,ifname=tap0_kata` -> { '': 'tap', id: …, ifname: … } */
export function fieldsOf(text: string): Map<string, string> {
  return new Map(
    text.split(',').map((part): [string, string] => {
      const at = part.indexOf('=');
      return at < 0 ? ['', part] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}
