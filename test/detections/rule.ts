import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** A value, or several of which one has to match, of a field in a Sigma detection. */
export type Expected = string | boolean | readonly string[];

/** A named part of a detection: fields with their modifiers (`field|contains|all`); all have to match. */
export type Selection = Readonly<Record<string, Expected>>;

/** What a correlation rule counts. */
export interface Correlation {
  readonly type: 'event_count' | 'value_count' | 'temporal';
  /** `name` of the rules whose events it takes. */
  readonly rules: readonly string[];
  readonly 'group-by': readonly string[];
  /** `10m`, `1h`. */
  readonly timespan: string;
  /** Absent for `temporal`. */
  readonly condition?: { readonly gte: number; readonly field?: string };
}

/** One YAML document of a rule file, as far as these tests read it. */
export interface SigmaRule {
  /** File it is in, without the folder. */
  readonly file: string;
  readonly title?: string;
  readonly id?: string;
  readonly name?: string;
  readonly status?: string;
  readonly description?: string;
  readonly references?: readonly string[];
  readonly author?: string;
  readonly date?: string;
  readonly tags?: readonly string[];
  readonly logsource?: { readonly product?: string; readonly service?: string };
  readonly detection?: Readonly<Record<string, Selection | string>> & { readonly condition: string };
  readonly correlation?: Correlation;
  readonly falsepositives?: readonly string[];
  readonly level?: string;
}

/** Folder of the rules. */
export const RULES_FOLDER = fileURLToPath(new URL('../../config/detections/', import.meta.url));

/** All documents of all rule files, by file name. */
export function loadRules(): SigmaRule[] {
  return readdirSync(RULES_FOLDER)
    .filter((file) => file.endsWith('.yml'))
    .sort()
    .flatMap((file) =>
      parseAllDocuments(readFileSync(`${RULES_FOLDER}${file}`, 'utf8')).map((document) => {
        if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]!.message}`);
        return { file, ...(document.toJS() as object) };
      }),
    );
}
