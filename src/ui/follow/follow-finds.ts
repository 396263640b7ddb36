/** What the search offers of fields to be followed: each of every container. */
import { FIELDS } from '../../projections/follow-field/fields.ts';
import type { NodeView } from '../../projections/node-view.ts';
import { podsOf } from '../../projections/rooms.ts';
import type { Find } from '../palette/finds.ts';
import { followField, ui } from '../store.ts';
import { translateWith } from '../use-messages.ts';
import { fieldName, loadFollowMessages } from './use-follow-messages.ts';

export async function followFinds(view: NodeView): Promise<Find[]> {
  const t = translateWith(await loadFollowMessages(ui.getState().locale));
  return podsOf(view).flatMap(({ name, containers }) =>
    containers
      .filter((container) => !container.sandbox)
      .flatMap((container) =>
        Object.keys(FIELDS).map((field): Find => {
          const label = t('find', { field: fieldName(t, field), container: container.name });
          const detail = `${container.image} ${name} ${field}`;
          const id = `follow ${container.id} ${field}`;
          return { id, kind: 'action', label, detail, run: () => followField(container.id, field) };
        }),
      ),
  );
}
