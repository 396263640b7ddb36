/** The interviews' files, fetched when they are asked for. */
import type { Pack, PackText } from '../../lesson-engine/interview.ts';
import { type Card, type CardText, loadCards, loadCardTexts } from '../../lesson-engine/load-cards.ts';
import { loadPack, loadPackText } from '../../lesson-engine/load-pack.ts';
import type { Locale } from '../messages/catalogue.ts';

type Files = Readonly<Record<string, () => Promise<string>>>;

const PACKS: Files = import.meta.glob<string>('../../../lessons/packs/*/{pack.yaml,en.md,zh-CN.md}', {
  query: '?raw',
  import: 'default',
});
const CARDS: Files = import.meta.glob<string>('../../../lessons/questions/{cards.yaml,en.md,zh-CN.md}', {
  query: '?raw',
  import: 'default',
});

export async function fetchPack(id: string): Promise<Pack | null> {
  const path = `../../../lessons/packs/${id}/pack.yaml`;
  const read = Object.hasOwn(PACKS, path) ? PACKS[path] : undefined;
  return read === undefined ? null : loadPack(path, await read()).pack;
}

export async function fetchPackText(id: string, locale: Locale): Promise<PackText> {
  const path = `../../../lessons/packs/${id}/${locale}.md`;
  return loadPackText(path, (await PACKS[path]?.()) ?? '').text;
}

export async function fetchPacks(locale: Locale): Promise<{ pack: Pack; text: PackText }[]> {
  const found: { pack: Pack; text: PackText }[] = [];
  for (const path of Object.keys(PACKS).sort()) {
    const id = path.endsWith('/pack.yaml') ? (path.split('/').at(-2) ?? '') : '';
    const pack = id === '' ? null : await fetchPack(id);
    if (pack !== null) found.push({ pack, text: await fetchPackText(id, locale) });
  }
  return found;
}

export async function fetchCards(locale: Locale): Promise<{ card: Card; text: CardText }[]> {
  const read = async (name: string): Promise<string> => (await CARDS[`../../../lessons/questions/${name}`]?.()) ?? '';
  const { cards } = loadCards('cards.yaml', await read('cards.yaml'));
  const { texts } = loadCardTexts(`${locale}.md`, await read(`${locale}.md`), cards);
  return cards.map((card) => ({ card, text: texts.get(card.id) ?? { question: '', points: [] } }));
}
