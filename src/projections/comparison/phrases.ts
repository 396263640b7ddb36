/** The phrases of a comparison in English, as the command line prints them; the page has them in its languages. */
export const ENGLISH_PHRASES = {
  first: 'First difference.',
  next: 'Then.',
  more: '… and at least {count} more.',
  none: 'No difference.',
  counterparts: 'Who answers: {a} on {left}, {b} on {right}.',
  'setUp.file': 'Set up differently: {path}',
  'setUp.nothing': '(not there)',
  'typed.words': 'Typed differently:',
  'where.ownAccord': 'What kubelet asks of the cri-runtime:',
  'where.ownAccordIn': 'What kubelet asks of the cri-runtime, in {steps}:',
  'where.line': 'After `{line}`:',
  'where.in': 'After `{line}`, in {steps}:',
  'act.type': 'is told `{what}`',
  'act.notTyped': 'is not told so',
  'act.start': '{who} starts {what}',
  'act.fork': '{who} forks {what}',
  'act.call': '{who} calls {what}',
  'act.step': '{who}: {what}',
  'act.kernel': '{who}: {what}',
  'act.record': '{who} records: {what}',
  'act.send': '{who} sends {what} bytes',
  'act.end': '{who} ends: {what}',
  'act.write': 'writes: {what}',
  'act.writeEmpty': 'writes an empty line',
  'act.quiet': 'writes no more',
  'act.apart': '{said}, with “{part}”',
  'act.none': 'nothing of the kind',
  'act.noneFails': 'nothing of the kind; it fails: {error}',
  'act.fails': '{said}; it fails: {error}',
  'act.effects': '{said} → {effects}',
  'act.next': '{said}; after that {next}',
  'end.well': 'well',
  'end.code': 'exit code {code}',
} as const;

export type PhraseKey = keyof typeof ENGLISH_PHRASES;

export function english(key: PhraseKey, values?: Readonly<Record<string, string | number>>): string {
  return ENGLISH_PHRASES[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
}
