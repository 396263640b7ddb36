/** Points in time as the API has them: seconds since 1970, with a fraction; empty is zero. @models Docker 20.10 api/types/time/timestamp.go */
import { quote } from '../../../../go/quote.ts';
import { badRequest } from '../errors.ts';

export function unixSeconds(text: string): number {
  if (/^-?\d{0,15}(\.\d{1,9})?$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${quote(text)}: invalid syntax`);
}
