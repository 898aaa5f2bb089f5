import { ascii, CanonicalText, writeWrongType } from './canonical.ts';
import { KeySet, placesFor, scanMembers } from './members.ts';
import { firstItem, nextItem, skipColon, skipString, skipValue } from './scanner.ts';

/** What names a target for good. All else of it may change between two reads. In the order they are written. */
const IDENTITY = new KeySet([
  'id',
  'app_id',
  'user_id',
  'module_id',
  'workflow_id',
  'model_id',
  'team_id',
  'organization_id',
  'compute_cluster',
]);
const COMPUTE_CLUSTER = IDENTITY.keys.length - 1;
/** A nodepool's parent. */
const PARENT = new KeySet(['id', 'user_id']);
const IDENTITY_LABELS = IDENTITY.keys.map((key) => ascii(`"${key}":`));
const PARENT_LABELS = PARENT.keys.map((key) => ascii(`"compute_cluster.${key}":`));

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
/** How `null` begins. */
const NULL = 0x6e;
const EMPTY_OBJECT = ascii('{}');

/** Part of {@link ItemList.text}. */
interface Item {
  start: number;
  end: number;
}

/** Texts behind each other, put in order by their bytes. */
class ItemList {
  readonly text = new CanonicalText();
  readonly #items: Item[] = [];
  #count = 0;

  clear(): void {
    this.text.clear();
    this.#count = 0;
  }

  /** Ends the item that began at `start`. */
  end(start: number): void {
    const item = this.#items[this.#count];
    if (item === undefined) this.#items.push({ start, end: this.text.length });
    else {
      item.start = start;
      item.end = this.text.length;
    }
    this.#count += 1;
  }

  /** Appends the items to `into`, sorted, with commas between them. */
  writeSorted(into: CanonicalText): void {
    const items = this.#inOrder();
    for (let i = 0; i < this.#count; i++) {
      if (i > 0) into.byte(COMMA);
      const { start, end } = items[i]!;
      into.run(this.text.bytes, start, end);
    }
  }

  /** Few items are sorted where they are; `#items` may hold more than count, left from a longer list. */
  #inOrder(): readonly Item[] {
    const items = this.#items;
    if (this.#count > 16) {
      items.length = this.#count;
      return items.sort((a, b) => this.#compare(a, b));
    }
    for (let i = 1; i < this.#count; i++) {
      const item = items[i]!;
      let to = i;
      for (; to > 0 && this.#compare(items[to - 1]!, item) > 0; to--) items[to] = items[to - 1]!;
      items[to] = item;
    }
    return items;
  }

  #compare(a: Item, b: Item): number {
    const { bytes } = this.text;
    const length = Math.min(a.end - a.start, b.end - b.start);
    for (let i = 0; i < length; i++) {
      const difference = bytes[a.start + i]! - bytes[b.start + i]!;
      if (difference !== 0) return difference;
    }
    return a.end - a.start - (b.end - b.start);
  }
}

/**
 * The canonical form of an entry's `targets`: a JSON array of the targets, each with its kind and the identity fields
 * that are not empty, sorted by bytes. A value of a wrong type stands as it came, behind `!`.
 */
export class TargetForms {
  readonly #targets = new ItemList();
  /** Of a target that has several kinds; the last of equal kinds counts. */
  readonly #kinds = new ItemList();
  readonly #places = placesFor(IDENTITY);
  readonly #parentPlaces = placesFor(PARENT);

  /** Forgets the targets seen. */
  clear(): void {
    this.#targets.clear();
  }

  /** Scans the array that starts at `at`, in place of what was seen before. Returns the index behind it. */
  scan(bytes: Buffer, at: number): number {
    const text = this.#targets.text;
    this.clear();
    let p = firstItem(bytes, at + 1, CLOSING_BRACKET);
    while (p >= 0) {
      const start = text.length;
      let end: number;
      if (bytes[p] === OPENING_BRACE) end = this.#scanTarget(bytes, p, text);
      else {
        end = skipValue(bytes, p);
        writeWrongType(bytes, p, end, text);
      }
      this.#targets.end(start);
      p = nextItem(bytes, end, CLOSING_BRACKET);
    }
    return -1 - p;
  }

  /** Appends the form to `into`. */
  write(into: CanonicalText): void {
    into.byte(OPENING_BRACKET);
    this.#targets.writeSorted(into);
    into.byte(CLOSING_BRACKET);
  }

  #scanTarget(bytes: Buffer, at: number, text: CanonicalText): number {
    const start = text.length;
    text.byte(OPENING_BRACE);
    let kinds = 0;
    let p = firstItem(bytes, at + 1, CLOSING_BRACE);
    while (p >= 0) {
      kinds += 1;
      p = nextItem(bytes, this.#scanKind(bytes, p, text), CLOSING_BRACE);
    }
    text.byte(CLOSING_BRACE);
    if (kinds > 1) {
      text.length = start;
      this.#writeKinds(bytes, at, text);
    }
    return -1 - p;
  }

  /** A target with several kinds, known to be valid: the kinds in order. */
  #writeKinds(bytes: Buffer, at: number, text: CanonicalText): void {
    const lastOfKind = new Map<string, number>();
    let p = firstItem(bytes, at + 1, CLOSING_BRACE);
    while (p >= 0) {
      const keyEnd = skipString(bytes, p);
      this.#kinds.clear();
      this.#kinds.text.string(bytes, p, keyEnd);
      lastOfKind.set(this.#kinds.text.bytes.toString('latin1', 0, this.#kinds.text.length), p);
      p = nextItem(bytes, skipValue(bytes, skipColon(bytes, keyEnd)), CLOSING_BRACE);
    }
    this.#kinds.clear();
    for (const member of lastOfKind.values()) {
      const start = this.#kinds.text.length;
      this.#scanKind(bytes, member, this.#kinds.text);
      this.#kinds.end(start);
    }
    text.byte(OPENING_BRACE);
    this.#kinds.writeSorted(text);
    text.byte(CLOSING_BRACE);
  }

  /** One member of a target: its kind and what it says of it. Returns the index behind it. */
  #scanKind(bytes: Buffer, at: number, text: CanonicalText): number {
    const keyEnd = skipString(bytes, at);
    text.string(bytes, at, keyEnd);
    text.byte(COLON);
    const value = skipColon(bytes, keyEnd);
    if (bytes[value] !== OPENING_BRACE) {
      const end = skipValue(bytes, value);
      if (bytes[value] === NULL) text.literal(EMPTY_OBJECT);
      else writeWrongType(bytes, value, end, text);
      return end;
    }
    const end = scanMembers(bytes, value, IDENTITY, this.#places);
    text.byte(OPENING_BRACE);
    for (let i = 0; i < COMPUTE_CLUSTER; i++) {
      writeName(bytes, this.#places[2 * i]!, this.#places[2 * i + 1]!, IDENTITY_LABELS[i]!, text);
    }
    this.#writeParent(bytes, this.#places[2 * COMPUTE_CLUSTER]!, text);
    text.byte(CLOSING_BRACE);
    return end;
  }

  #writeParent(bytes: Buffer, at: number, text: CanonicalText): void {
    if (at === 0) return;
    if (bytes[at] !== OPENING_BRACE) {
      const end = this.#places[2 * COMPUTE_CLUSTER + 1]!;
      writeName(bytes, at, end, IDENTITY_LABELS[COMPUTE_CLUSTER]!, text);
      return;
    }
    scanMembers(bytes, at, PARENT, this.#parentPlaces);
    for (let i = 0; i < PARENT_LABELS.length; i++) {
      writeName(bytes, this.#parentPlaces[2 * i]!, this.#parentPlaces[2 * i + 1]!, PARENT_LABELS[i]!, text);
    }
  }
}

/** Writes `label` and the value `[start, end)`; nothing when it is absent, null or the empty string. */
function writeName(bytes: Buffer, start: number, end: number, label: Uint8Array, text: CanonicalText): void {
  const first = bytes[start];
  if (end === 0 || first === NULL) return;
  if (first === QUOTE) {
    if (end - start === 2) return;
    writeComma(text);
    text.literal(label);
    text.string(bytes, start, end);
    return;
  }
  writeComma(text);
  text.literal(label);
  writeWrongType(bytes, start, end, text);
}

function writeComma(text: CanonicalText): void {
  if (text.bytes[text.length - 1] !== OPENING_BRACE) text.byte(COMMA);
}
