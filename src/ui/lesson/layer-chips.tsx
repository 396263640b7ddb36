/** Names of layers to watch in the drawing. */
import { NUMERALS, type Stratum } from '../../projections/layers.ts';
import type { Layer } from '../../sim/trace.ts';
import { useT } from '../hooks.ts';
import type { LessonTranslate } from './use-lesson-messages.ts';

export function LayerChips({ layers, t }: { layers: readonly Layer[]; t: LessonTranslate }) {
  const strata = useT();
  if (layers.length === 0) return null;
  return (
    <p className="watch">
      {t('lesson.watch')}{' '}
      {layers
        .filter((layer) => layer !== 'client')
        .map((layer) => (
          <span key={layer} className={`layer-chip ${layer}`}>
            {NUMERALS[layer as Stratum]} {strata(`strata.${layer}`)}
          </span>
        ))}
    </p>
  );
}
