/** The filters of lists: a JSON object of lists, or of objects whose keys are the values. @models moby 20.10 api/types/filters @fidelity full */
import { badRequest } from '../errors.ts';

export function parseFilters(text: string): Map<string, string[]> {
  if (text === '') return new Map();
  try {
    const parsed = JSON.parse(text) as Record<string, string[] | Record<string, boolean>>;
    return new Map(
      Object.entries(parsed).map(([key, value]) => [
        key,
        Array.isArray(value) ? value : Object.keys(value).filter((name) => value[name]),
      ]),
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`invalid filter: ${text}`);
  }
}
