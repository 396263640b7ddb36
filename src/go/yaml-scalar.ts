/**
 * What a piece of text would be if it stood in YAML without quotes, and how YAML keys sort.
 * @models sigs.k8s.io/yaml goyaml.v2 resolve.go emitterc.go (yaml_emitter_analyze_scalar) sorter.go
 * @fidelity full
 */

const WORDS =
  /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF|~|null|Null|NULL)?$/;
const SPECIAL = /^(?:\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF)|<<)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INTEGER = /^[-+]?(?:0|[1-9][0-9]*|0[0-7]+|0[oO][0-7]+|0[xX][0-9a-fA-F]+|0[bB][01]+)$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const DAY = /^\d{4}-\d{1,2}-\d{1,2}$/;
const TIME = /^\d{4}-\d\d?-\d\d?(?:[Tt]\d\d?:\d\d?:\d\d?(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| \d\d?:\d\d?:\d\d?(?:\.\d+)?)$/;

/** Whether plain `text` reads back as the same string: not as a number, a boolean, null, a time. */
export function resolvesToString(text: string): boolean {
  if (WORDS.test(text) || SPECIAL.test(text) || BASE_60.test(text) || isTimestamp(text)) return false;
  const digits = text.replaceAll('_', '');
  return !/^[-+.0-9]/.test(text) || !(INTEGER.test(digits) || FLOAT.test(digits));
}

function isTimestamp(text: string): boolean {
  return DAY.test(text) || TIME.test(text);
}

/** The value of a plain scalar. Times stay text, as go-yaml leaves them when they go into an interface{}. */
export function resolvePlain(text: string): null | boolean | number | bigint | string {
  if (WORDS.test(text)) return /^(?:~|null|Null|NULL)?$/.test(text) ? null : /^(?:y|t|on)/i.test(text);
  const digits = text.replaceAll('_', '');
  if (!/^[-+.0-9]/.test(text) || isTimestamp(text)) return text;
  if (INTEGER.test(digits)) {
    const magnitude = BigInt(digits.replace(/^[-+]/, '').replace(/^0(?=[0-7])/, '0o'));
    const value = digits.startsWith('-') ? -magnitude : magnitude;
    if (value >= INT64_MIN && value <= UINT64_MAX) return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return FLOAT.test(digits) ? Number(digits) : text;
}

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

export type ScalarFeatures = {
  readonly plainAllowed: boolean;
  readonly singleQuotedAllowed: boolean;
  readonly blockAllowed: boolean;
};

/** Which styles the emitter may use for `text` in block context. */
export function scalarFeatures(text: string): ScalarFeatures {
  if (text === '') return { plainAllowed: true, singleQuotedAllowed: true, blockAllowed: false };
  const isSpecial = SPECIAL_CHARACTERS.test(text) || / \n/.test(text);
  const hasOuterBlank = /^[ \n]|[ \n]$/.test(text);
  const hasIndicator = BLOCK_INDICATORS.test(text);
  const hasSpaceAfterBreak = /\n /.test(text);
  return {
    plainAllowed: !isSpecial && !hasOuterBlank && !hasIndicator && !text.includes('\n'),
    singleQuotedAllowed: !isSpecial && !hasSpaceAfterBreak,
    blockAllowed: !isSpecial && !text.endsWith(' '),
  };
}

/** A tab counts as special: a quirk of this emitter, which therefore escapes it. */
const SPECIAL_CHARACTERS = /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;
const BLOCK_INDICATORS = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:[ \t\n]|$))|:(?:[ \t\n]|$)|[ \t\n]#/;

/** Numbers inside keys compare by value, letters after everything else. */
export function compareYamlKeys(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [l = '', r = ''] = [left[i], right[i]];
    if (l === r) continue;
    const [leftLetter, rightLetter] = [isLetter(l), isLetter(r)];
    if (leftLetter && rightLetter) return code(l) - code(r);
    if (leftLetter || rightLetter) return rightLetter ? -1 : 1;
    // Zeros after a digit other than zero belong to the number's middle, not to its leading zeros.
    let lead = 0;
    if (l === '0' || r === '0') {
      for (let j = i - 1; j >= 0 && isDigit(left[j] ?? ''); j--) {
        if (left[j] !== '0') {
          lead = 1;
          break;
        }
      }
    }
    const x = number(left, i, lead);
    const y = number(right, i, lead);
    if (x.value !== y.value) return x.value - y.value;
    return x.end !== y.end ? x.end - y.end : code(l) - code(r);
  }
  return left.length - right.length;
}

function number(chars: readonly string[], from: number, lead: number): { value: number; end: number } {
  let value = lead;
  let end = from;
  for (; isDigit(chars[end] ?? ''); end++) value = value * 10 + Number(chars[end]);
  return { value, end };
}

function isDigit(ch: string): boolean {
  return ch >= '0' && ch <= '9';
}

function isLetter(ch: string): boolean {
  return ch.toLowerCase() !== ch.toUpperCase() || code(ch) >= 0x3400;
}

function code(ch: string): number {
  return ch.codePointAt(0) ?? 0;
}
