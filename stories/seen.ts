import { expect, waitFor, within } from 'storybook/test';

// A busy machine needs longer than the second that is usual.
const patience = { timeout: 5_000 };

/** Waits until the numbers under a story say so. @param expected such as `{ 'v2 tried': '1' }`; rows that are left out do not count */
export async function expectCounted(
  canvasElement: HTMLElement,
  expected: Readonly<Record<string, string>>,
  name = 'Counted',
): Promise<void> {
  const evidence = within(canvasElement).getByRole('group', { name });
  const read = (selector: string) => Array.from(evidence.querySelectorAll(selector), ({ textContent }) => textContent);
  await waitFor(() => {
    const values = read('dd');
    const counted = Object.fromEntries(read('dt').map((label, at) => [label, values[at]]));
    return expect(counted).toMatchObject(expected);
  }, patience);
}

/** Waits until this version of the card, and no other, is on the screen. */
export async function expectCard(canvasElement: HTMLElement, version: 'v1' | 'v2'): Promise<HTMLElement> {
  const canvas = within(canvasElement);
  const card = await canvas.findByRole('region', { name: `Memory ${version}` }, patience);
  await expect(canvas.getAllByRole('region')).toEqual([card]);
  return card;
}

/** Expects exactly one button of the toggle to be pressed. @param group the accessible name of the toggle */
export async function expectPressed(canvasElement: HTMLElement, name: string, group = 'Version'): Promise<void> {
  const toggle = within(within(canvasElement).getByRole('group', { name: group }));
  await waitFor(() => expect(toggle.getByRole('button', { pressed: true })).toHaveAccessibleName(name), patience);
}
