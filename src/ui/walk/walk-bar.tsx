/** The first run: one sentence, and the next line offered as a chip. */
import { useT, useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';
import { focusTerminal } from '../terminal/terminal-host.ts';
import { firstWords, walkOf } from './walk.ts';

export function WalkBar() {
  const t = useT();
  const step = useUi((state) => state.walkStep);
  const typed = useUi((state) => state.walkTyped === state.terminal);
  const prompted = useUi((state) => state.prompted);
  const fullWidth = useUi((state) => state.fullWidth);
  const scenario = useUi((state) => state.scenario);
  const walk = walkOf(scenario);
  const offered = walk[step];
  const press = (): void => {
    if (offered === undefined) return;
    if (typed) session.type('\r');
    else {
      session.type(offered.line.replaceAll('\n', '\r'));
      ui.setState({ walkTyped: ui.getState().terminal });
    }
    focusTerminal();
  };
  return (
    <div className="walk">
      <p>
        {step === 0
          ? // Who has entered another line need not be told where Enter is.
            t(prompted && !typed ? 'walk.yours' : firstWords(scenario))
          : offered === undefined
            ? t(walk.length > 3 ? 'walk.done' : 'walk.yours')
            : t(offered.why)}
      </p>
      {fullWidth && <p className="danger">{t('app.fullWidth')}</p>}
      {prompted && offered !== undefined && (
        <button type="button" className="chip" onClick={press}>
          <code>{offered.line.split('\n')[0]}</code>
          <span>{typed ? t('walk.enter') : t('walk.type')}</span>
        </button>
      )}
    </div>
  );
}
