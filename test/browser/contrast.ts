/** Runs inside of a page: texts and drawings that are too close to their background, after WCAG 2.2, 1.4.3 and 1.4.11. */
export function tooFaint(): string[] {
  type Colour = readonly [number, number, number, number];
  const parse = (text: string): Colour => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? ['0', '0', '0', '0']).map(Number);
    return [r, g, b, a];
  };
  const over = (top: Colour, below: Colour): Colour => {
    const mix = (i: number): number => top[i]! * top[3] + below[i]! * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const backgroundOf = (element: Element | null): Colour => {
    if (element === null) return parse(getComputedStyle(document.body).backgroundColor);
    const own = parse(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, backgroundOf(element.parentElement));
  };
  const luminance = (colour: Colour): number => {
    const [r, g, b] = colour.slice(0, 3).map((each) => {
      const share = each / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const ratio = (a: Colour, b: Colour): number => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light! + 0.05) / (dark! + 0.05);
  };
  const found: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement!;
    if (node.textContent!.trim() === '' || element.closest('script, style, noscript, svg, [hidden]'))
      continue;
    const style = getComputedStyle(element);
    const px = Number.parseFloat(style.fontSize);
    const large = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700);
    const got = ratio(parse(style.color), backgroundOf(element));
    if (got < (large ? 3 : 4.5)) found.push(`${got.toFixed(2)}: ${node.textContent!.trim().slice(0, 40)}`);
  }
  // What tells something by its colour; a pale fill that is hatched is told by its lines.
  for (const shape of document.querySelectorAll(
    '.covered, .gap, .late, .reconciled, .bar, .hatch-line, .open-narrow',
  )) {
    const got = ratio(parse(getComputedStyle(shape).fill), backgroundOf(shape.closest('.source')));
    if (got < 3) found.push(`${got.toFixed(2)}: ${shape.getAttribute('class')}`);
  }
  return found;
}
