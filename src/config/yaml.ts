import { type Document, LineCounter, parseDocument, type YAMLParseError } from 'yaml';

/** A place in a file where it is no YAML. */
export interface YamlFault {
  /** Counted from 1; undefined where no place is to blame. */
  readonly line: number | undefined;
  /** Counted from 1. */
  readonly column: number | undefined;
  /** What is wrong. Never repeats what stands there: it may be a secret. */
  readonly message: string;
}

/** A file as it is written, or why it is no YAML: then `faults` is not empty. */
export interface ParsedYaml {
  readonly file: unknown;
  readonly faults: readonly YamlFault[];
  /** Line of a path, or of what it is in; 0 when that has no place of its own. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

const MAX_ALIASES = 100;

/** Reads YAML 1.2, JSON included. Keys that stand twice are faults. Throws nothing. */
export function parseYaml(text: string): ParsedYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  const lineOf = (path: readonly PropertyKey[]) => lineIn(document, counter, path);
  const faults = document.errors.map((error): YamlFault => {
    const { line, col } = counter.linePos(error.pos[0]);
    return { line, column: col, message: withoutContent(error) };
  });
  if (faults.length > 0) return { file: undefined, faults, lineOf };
  try {
    const file: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    JSON.stringify(file); // throws when an alias stands inside of what it stands for
    return { file, faults, lineOf };
  } catch {
    const message = `an alias (a value that begins with *) has no anchor before it or stands inside of it, or aliases stand for more than ${MAX_ALIASES} values: put a text that begins with * in quotes`;
    return { file: undefined, faults: [{ line: undefined, column: undefined, message }], lineOf };
  }
}

/** The messages of the library, without what they quote from the file. */
function withoutContent({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'A second document begins here: keep one';
  return message.replace(
    /(Invalid escape sequence|extra characters|in YAML stream|Unresolved tag)\b.*$/s,
    '$1',
  );
}

function lineIn(document: Document.Parsed, counter: LineCounter, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(path.slice(0, depth), true) as
      | { range?: [number, number, number] }
      | undefined;
    if (node?.range !== undefined) return counter.linePos(node.range[0]).line;
  }
  return 0;
}
