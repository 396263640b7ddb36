/** A rule in words. */
import type { BreakRule } from '../../projections/breakpoints.ts';
import { NUMERALS } from '../../projections/layers.ts';
import type { Translate } from '../messages/catalogue.ts';
import type { BreaksTranslate } from './use-breaks-messages.ts';

export function ruleText(rule: BreakRule, b: BreaksTranslate, t: Translate): string {
  switch (rule.kind) {
    case 'call':
      return b(rule.failed ? 'rule.failed' : 'rule.call', { what: rule.method });
    case 'process':
      return b(`rule.${rule.moment}`, { what: rule.name });
    case 'file':
      return b('rule.file', { what: rule.path });
    case 'layer':
      return b('rule.layer', { what: `${NUMERALS[rule.layer]} ${t(`strata.${rule.layer}`)}` });
    case 'condition':
      return b('rule.condition', { what: rule.expression });
  }
}
