declare module 'virtual:fidelity' {
  import type { FidelityUnit } from '../../headless/scripts/fidelity.mjs';

  const units: readonly FidelityUnit[];
  export default units;
}
