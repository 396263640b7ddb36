/** One modelled unit: what its comment says it follows (`models`), how closely (`full`, `partial` or ''), and what is left out. */
export type FidelityUnit = {
  readonly path: string;
  readonly what: string;
  readonly models: string;
  readonly degree: string;
  readonly leftOut: string;
};

export function collectFidelity(root: string): FidelityUnit[];
export function unitsOf(path: string, text: string): FidelityUnit[];
