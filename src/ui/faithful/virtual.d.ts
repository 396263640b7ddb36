declare module 'virtual:fidelity' {
  /** One modelled unit: what its comment says it follows (`models`), how closely (`full`, `partial` or ''), and what is left out. */
  type FidelityUnit = {
    readonly path: string;
    readonly what: string;
    readonly models: string;
    readonly degree: string;
    readonly leftOut: string;
  };
  const units: readonly FidelityUnit[];
  export default units;
}
