/** What an awk program is made of. */
export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'regex'; source: string }
  | Target
  | { kind: 'group'; inner: Expression }
  | { kind: 'assign'; target: Target; operator: string; value: Expression }
  | { kind: 'step'; target: Target; by: 1 | -1; before: boolean }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | { kind: 'compare'; operator: string; left: Expression; right: Expression }
  | { kind: 'concat'; left: Expression; right: Expression }
  | { kind: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'match'; negated: boolean; left: Expression; right: Expression }
  | { kind: 'in'; subscript: Expression[]; array: string }
  | { kind: 'not' | 'minus' | 'plus'; inner: Expression }
  | { kind: 'choice'; test: Expression; yes: Expression; no: Expression }
  | { kind: 'builtin'; name: string; args: Expression[] }
  | { kind: 'call'; name: string; args: Expression[]; line: number }
  | { kind: 'getline'; from: 'input' | 'file' | 'command'; source: Expression | null; target: Target | null };

export type Target =
  | { kind: 'variable'; name: string }
  | { kind: 'element'; array: string; subscript: Expression[] }
  | { kind: 'field'; index: Expression };

export type Redirection = { kind: '>' | '>>' | '|'; target: Expression };

export type Statement =
  | { kind: 'block'; body: Statement[] }
  | { kind: 'expression'; value: Expression }
  | { kind: 'print'; args: Expression[]; to: Redirection | null }
  | { kind: 'printf'; args: Expression[]; to: Redirection | null }
  | { kind: 'if'; test: Expression; yes: Statement; no: Statement | null }
  | { kind: 'while'; test: Expression; body: Statement }
  | { kind: 'do'; test: Expression; body: Statement }
  | { kind: 'for'; start: Statement | null; test: Expression | null; step: Statement | null; body: Statement }
  | { kind: 'for-in'; name: string; array: string; body: Statement }
  | { kind: 'break' | 'continue' | 'next' | 'nextfile' }
  | { kind: 'exit' | 'return'; value: Expression | null }
  | { kind: 'delete'; array: string; subscript: Expression[] | null };

export type Rule = { from: Expression | null; to: Expression | null; body: Statement | null };

export type AwkFunction = { name: string; parameters: string[]; body: Statement };

export type AwkProgram = {
  begin: Statement[];
  end: Statement[];
  rules: Rule[];
  functions: Map<string, AwkFunction>;
};
