/** English, for files that are brought to the node. The keys here are the type of every other catalogue of them. */
export const bringEn = {
  title: 'Files brought to the node',
  going: 'On its way to the node:',
  there: 'On the node it is',
  type: 'type it',
  dismiss: 'Got it',
  kind: '“{name}” was not taken: the node is given files that end in {kinds}, and have a name before that.',
  fileTooLarge:
    '“{name}” was not taken: it is larger than {max} MiB. An image of that size is better pulled from a registry.',
  tooMuch: '“{name}” was not taken: a session holds {total} MiB of brought files at most, as its log keeps them all.',
  tooMany: '“{name}” and those after it were not taken: bring {count} at once at most.',
  unreadable: '“{name}” could not be read: it may be a folder. Bring the files in it.',
  notTaken: 'The node did not take “{name}”: it is down, or its disk is full.',
  interview: 'In an interview no files are brought to the node.',
  heavy:
    'With so much in it this session is kept only as long as this tab: it is too large to be restored after a crash, or for a file of it to be opened.',
} as const;

export type BringMessageKey = keyof typeof bringEn;
