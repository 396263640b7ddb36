/** The address of a moment that is too long for one: it is kept in this tab. */
export const KEPT = '#at=kept';
export const KEPT_KEY = 'cutaway.moment';
