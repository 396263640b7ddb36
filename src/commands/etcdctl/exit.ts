/** How etcdctl and etcdutl end. @models etcd 3.6 pkg/cobrautl error.go @fidelity full */
export const EXIT = {
  error: 1,
  badConnection: 2,
  invalidInput: 3,
  badFeature: 4,
  interrupted: 5,
  badArgs: 128,
} as const;

/** `Error: TEXT` on standard error, and this status. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** Ends without a word: what there is to say has been said. */
export class SilentExit extends Exit {}

/** What the program has and this one has not. */
export class NotSimulated extends Error {}
