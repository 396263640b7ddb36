/**
 * A lesson as a package for a school's learning management system: the whole page in a zip with a manifest beside it.
 * @models SCORM 2004 4th Edition, Content Aggregation Model 1.1 chapter 3 and RTE 1.1 @fidelity partial: one organisation
 * with one SCO, without sequencing between lessons
 */
import { type Zippable, zipSync } from 'fflate';

export type LmsLesson = {
  /** `L17`. */
  readonly id: string;
  readonly title: string;
  /** `en` or `zh-CN`: what the page opens in. */
  readonly language: string;
};

const MANIFEST = 'imsmanifest.xml';
/** Zip knows no time zones and no year before 1980; the same lesson always makes the same package. */
const MODIFIED = '2020-01-01T12:00:00';
const LEVEL = 9;

/**
 * @param files the built page by path relative to it, `/` between folders; `index.html` among them
 * @returns the bytes of a zip
 */
export function lmsPackage(lesson: LmsLesson, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const paths = [...files.keys()].sort();
  const entries: Zippable = {
    [MANIFEST]: new TextEncoder().encode(scormManifest(lesson, paths)),
  };
  for (const path of paths) entries[path] = files.get(path) as Uint8Array;
  return zipSync(entries, { level: LEVEL, mtime: MODIFIED });
}

export function scormManifest({ id, title, language }: LmsLesson, paths: readonly string[]): string {
  const parameters = `?lesson=${encodeURIComponent(id)}&lang=${encodeURIComponent(language)}`;
  const files = paths.map((path) => `      <file href="${xml(encodeURI(path))}"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="cutaway-${xml(id)}" version="1"
    xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"
    xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata>
    <schema>ADL SCORM</schema>
    <schemaversion>2004 4th Edition</schemaversion>
  </metadata>
  <organizations default="cutaway">
    <organization identifier="cutaway">
      <title>${xml(title)}</title>
      <item identifier="lesson" identifierref="page" parameters="${xml(parameters)}">
        <title>${xml(title)}</title>
        <imsss:sequencing>
          <imsss:deliveryControls completionSetByContent="true" objectiveSetByContent="true"/>
        </imsss:sequencing>
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier="page" type="webcontent" adlcp:scormType="sco" href="index.html">
${files.join('\n')}
    </resource>
  </resources>
</manifest>
`;
}

const XML_ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function xml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => XML_ESCAPES[character] ?? character);
}
