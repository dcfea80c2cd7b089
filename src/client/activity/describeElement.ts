import type { ElementDescription } from './activityEvent.js';

const maxDepth = 32;
const maxValueLength = 64;
const tagPattern = /^[a-z][a-z0-9-]{0,39}$/;
const rolePattern = /^[a-z]{1,32}$/;
const actionable: ReadonlySet<string> = new Set([
  'a',
  'button',
  'input',
  'select',
  'textarea',
  'summary',
  'option',
  'label',
]);

/**
 * Describes what was clicked: the nearest element with an attribute on the allow-list, or else the nearest one that is there to
 * be clicked, or else the element itself. Looks into open shadow trees; of a closed one its host is all there is.
 * @param path of the event, innermost first
 * @param dataAttributes full names, such as `data-activity`
 */
export function describeElement(path: readonly EventTarget[], dataAttributes: readonly string[]): ElementDescription {
  const elements = path.slice(0, maxDepth).filter((target): target is Element => target instanceof Element);
  const described = elements.map((element) => describe(element, dataAttributes));
  const chosen =
    described.find(({ data }) => data !== undefined) ??
    described.find(({ tag, role }) => actionable.has(tag) || role !== undefined) ??
    described[0];
  return chosen ?? { tag: 'other' };
}

function describe(element: Element, dataAttributes: readonly string[]): ElementDescription {
  const role = read(element, 'role');
  const data: [string, string][] = [];
  for (const name of dataAttributes) {
    const value = read(element, name);
    if (value !== null) data.push([name, value.slice(0, maxValueLength)]);
  }
  const name = nameOf(element);
  return {
    tag: tagPattern.test(name) ? name : 'other',
    ...(role !== null && rolePattern.test(role) && { role }),
    ...(data.length > 0 && { data: Object.fromEntries(data) }),
  };
}

// The prototype's own: a form whose field is called `getAttribute` or `localName` shows that field instead.
const read = (element: Element, name: string): string | null => Element.prototype.getAttribute.call(element, name);
const nameOf = (element: Element): string =>
  String(Object.getOwnPropertyDescriptor(Element.prototype, 'localName')?.get?.call(element));
