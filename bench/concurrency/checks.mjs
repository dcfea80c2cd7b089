// The ten checks of dai-shi/will-this-react-global-state-work-in-concurrent-rendering, written anew: the names, the clicks and
// their order are those. Two things are stricter: every commit is looked at, not those of one component; and what is shown in
// the end has to be what was asked for, not only the same everywhere.

const increments = 5;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(isDone, timeoutMs) {
  const endsMs = Date.now() + timeoutMs;
  for (;;) {
    if (await isDone()) return true;
    if (Date.now() > endsMs) return false;
    await sleep(20);
  }
}

/** What a check does with a page of the bench. */
function control(tab, nodes) {
  const isEverywhere = (count) =>
    tab.evaluate(
      ([wanted, size]) => {
        const { said, modulus } = window.concurrencyBench;
        const shown = Array.from(document.querySelectorAll('.count'), ({ textContent }) => Number(textContent));
        return shown.length === size && shown.every((one) => one === (wanted ?? said()) % modulus);
      },
      [count, nodes + 1],
    );
  return {
    click: (id) => tab.click(`#${id}`),
    /** Whether every component comes to show a count; without one, what was asked for. */
    showsEverywhere: (count, timeoutMs = 10_000) => until(() => isEverywhere(count), timeoutMs),
    shows: isEverywhere,
    isPending: () => until(async () => (await tab.textContent('#pending')) !== '', 2_000),
    isWhole: () => tab.evaluate(() => window.concurrencyBench.torn.length === 0),
  };
}

const updates = (show, increment) => async (page) => {
  await page.click(show);
  if (!(await page.showsEverywhere(0))) return false;
  for (let click = 0; click < increments; click++) {
    await page.click(increment);
    await sleep(100);
  }
  return page.showsEverywhere(increments, 15_000);
};

const mounts = (show) => async (page) => {
  await page.click('start');
  await sleep(100);
  await page.click(show);
  await sleep(1_000);
  await page.click('stop');
  return page.showsEverywhere();
};

const staysWhole = (act) => async (page) => {
  await act(page);
  // What is under way is committed by then.
  await sleep(500);
  return page.isWhole();
};

/** Whether clicks get through while a transition renders: each render takes about a second. */
async function interrupts(page) {
  await page.click('show');
  if (!(await page.showsEverywhere(0))) return false;
  let tookMs = 0;
  for (let click = 0; click < increments; click++) {
    const startedMs = Date.now();
    await page.click('increment-in-transition');
    tookMs += Date.now() - startedMs;
    await sleep(100);
  }
  return tookMs / increments < 300;
}

/** Whether an urgent update leaves a transition's work aside and is then built upon: 1, doubled at once, then (1 + 1 + 1) · 2. */
async function branches(page) {
  await page.click('show');
  await page.click('increment-in-transition');
  if (!(await page.showsEverywhere(1))) return false;
  await page.click('increment-in-transition');
  await sleep(100);
  await page.click('increment-in-transition');
  if (!(await page.isPending()) || !(await page.shows(1))) return false;
  await page.click('double');
  return (await page.showsEverywhere(2, 5_000)) && page.showsEverywhere(6, 5_000);
}

const transitionUpdates = updates('show', 'increment-in-transition');
const deferredUpdates = updates('show-deferred', 'increment');
const transitionMounts = mounts('show');
const deferredMounts = mounts('show-deferred');

const check = (id, hook, level, name, act) => ({ id, hook, level, name, act });

/** The ten, by the names and numbers they have there. */
export const checks = [
  check(1, 'useTransition', 1, 'no tearing finally on update', transitionUpdates),
  check(2, 'useTransition', 1, 'no tearing finally on mount', transitionMounts),
  check(3, 'useTransition', 2, 'no tearing temporarily on update', staysWhole(transitionUpdates)),
  check(4, 'useTransition', 2, 'no tearing temporarily on mount', staysWhole(transitionMounts)),
  check(5, 'useTransition', 3, 'can interrupt render (time slicing)', interrupts),
  check(6, 'useTransition', 3, 'can branch state (wip state)', branches),
  check(7, 'useDeferredValue', 1, 'no tearing finally on update', deferredUpdates),
  check(8, 'useDeferredValue', 1, 'no tearing finally on mount', deferredMounts),
  check(9, 'useDeferredValue', 2, 'no tearing temporarily on update', staysWhole(deferredUpdates)),
  check(10, 'useDeferredValue', 2, 'no tearing temporarily on mount', staysWhole(deferredMounts)),
];

/**
 * Runs one check in a page of its own.
 * @param size `nodes` components that take `blockMs` each; `total` is `late` where nobody is to be subscribed before the mount
 * @returns whether it passed
 */
export async function runCheck(browser, url, { act }, { adapter, nodes, blockMs, total = 'mounted' }) {
  const tab = await browser.newPage();
  const errors = [];
  tab.on('pageerror', (error) => errors.push(error));
  await tab.goto(`${url}?${new URLSearchParams({ adapter, nodes, blockMs, total })}`);
  await tab.locator('#show').waitFor();
  const isPassed = await act(control(tab, nodes));
  await tab.close();
  if (errors.length > 0) throw new Error(`the page of ${adapter} broke`, { cause: errors[0] });
  return isPassed;
}
