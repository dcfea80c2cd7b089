/** Of the shadow tree. What the host says of the element itself is outranked by `!important`, which counts inside out. */
export const panelCss = `
:host {
  all: initial !important;
  display: block !important;
  position: fixed !important;
  inset: auto !important;
  z-index: 2147483647 !important;
}
* { box-sizing: border-box; }
.devtools {
  --surface: #ffffff; --sunken: #eef0f5; --ink: #171a21; --muted: #525a6b; --line: #868fa1;
  --accent: #3b49c9; --on-accent: #ffffff; --v2: #5b2fb3; --v2-soft: #efe8fc; --v1: #0c5c56; --v1-soft: #dff4f1;
  --amber: #7a4100; --amber-soft: #fdefd6; --rose: #97214e; --rose-soft: #fce7ef;
  color-scheme: light;
  color: var(--ink);
  font: 400 13px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
.devtools[data-theme='dark'] {
  --surface: #191c24; --sunken: #12151b; --ink: #eceef4; --muted: #a7aebd; --line: #757d8f;
  --accent: #a5b1ff; --on-accent: #11142b; --v2: #cdb6ff; --v2-soft: #2f2550; --v1: #8be0d6; --v1-soft: #133b39;
  --amber: #f6c77c; --amber-soft: #42300f; --rose: #ffb0cb; --rose-soft: #481d30;
  color-scheme: dark;
}
@media (prefers-color-scheme: dark) {
  .devtools[data-theme='auto'] {
    --surface: #191c24; --sunken: #12151b; --ink: #eceef4; --muted: #a7aebd; --line: #757d8f;
    --accent: #a5b1ff; --on-accent: #11142b; --v2: #cdb6ff; --v2-soft: #2f2550; --v1: #8be0d6; --v1-soft: #133b39;
    --amber: #f6c77c; --amber-soft: #42300f; --rose: #ffb0cb; --rose-soft: #481d30;
    color-scheme: dark;
  }
}
.launcher, .panel { position: fixed; }
.launcher { z-index: 1; box-shadow: 0 2px 8px rgb(0 0 0 / 25%); font-weight: 600; }
[data-position^='bottom'] > .launcher { bottom: 12px; }
[data-position^='top'] > .launcher { top: 12px; }
[data-position$='right'] > .launcher, [data-position$='right'] > .panel { right: 12px; }
[data-position$='left'] > .launcher, [data-position$='left'] > .panel { left: 12px; }
[data-position^='bottom'] > .panel { bottom: 52px; }
[data-position^='top'] > .panel { top: 52px; }
.panel {
  width: 440px; max-width: calc(100vw - 24px); max-height: calc(100vh - 68px);
  overflow: auto; padding: 0 12px 12px;
  border: 1px solid var(--line); border-radius: 10px;
  background: var(--surface); box-shadow: 0 8px 32px rgb(0 0 0 / 30%);
}
.top {
  position: sticky; top: 0; z-index: 1; display: flex; align-items: center; justify-content: space-between;
  padding: 8px 0; background: var(--surface);
}
h2, h3, h4, p, dl, dd, ul, ol, fieldset { margin: 0; padding: 0; }
h2 { font-size: 16px; }
h3 { margin: 16px 0 6px; font-size: 14px; }
h4 { font-size: 13px; font-weight: 400; }
ul, ol { list-style: none; }
button, input, select, textarea { font: inherit; color: inherit; }
button, select, input:not([type='radio'], [type='checkbox']), textarea {
  min-height: 28px; padding: 2px 10px; border: 1px solid var(--line); border-radius: 6px; background: var(--surface);
}
button { cursor: pointer; }
button[aria-pressed='true'] { background: var(--accent); color: var(--on-accent); }
input[type='radio'], input[type='checkbox'] { width: 16px; height: 16px; margin: 0; vertical-align: -3px; accent-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
textarea { width: 100%; font-family: ui-monospace, monospace; }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
.row > label { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 4px; min-height: 24px; }
.row input[type='number'] { width: 96px; }
.field { display: flex; flex: 1 1 140px; flex-direction: column; gap: 2px; color: var(--muted); }
.field input { width: 100%; min-width: 0; color: var(--ink); }
.row > .field + button, .row > .field ~ button { align-self: end; }
.facts { display: grid; grid-template-columns: 88px minmax(0, 1fr); align-items: baseline; gap: 4px 8px; }
.facts > div { display: contents; }
dt { color: var(--muted); }
dt, dd, p, .log li { min-width: 0; overflow-wrap: anywhere; }
.forced {
  display: flex; align-items: center; justify-content: space-between; gap: 8px;
  margin-top: 8px; padding: 6px 8px; border-radius: 6px; background: var(--amber-soft); color: var(--amber);
}
.badge { margin-inline-start: 4px; padding: 1px 6px; border-radius: 999px; background: var(--amber-soft); color: var(--amber); }
.features { display: grid; gap: 6px; }
.feature { border: 1px solid var(--line); border-radius: 8px; }
.name {
  display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 4px 8px;
  width: 100%; padding: 6px 10px; border: 0; border-radius: 8px; background: var(--sunken); text-align: start;
  font-weight: 600; overflow-wrap: anywhere;
}
.chips { display: flex; flex-wrap: wrap; gap: 4px; }
.chip { padding: 0 6px; border-radius: 4px; background: var(--surface); font-weight: 400; white-space: pre; }
.chip[data-version='v1'] { background: var(--v1-soft); color: var(--v1); }
.chip[data-version='v2'] { background: var(--v2-soft); color: var(--v2); }
.chip.bad { background: var(--rose-soft); color: var(--rose); }
.details { display: grid; gap: 8px; padding: 8px 10px 10px; }
.error { color: var(--rose); }
fieldset { min-width: 0; border: 0; }
fieldset:disabled { color: var(--muted); }
legend { padding: 0; color: var(--muted); }
.user { display: grid; gap: 8px; }
.count { margin: 4px 0; color: var(--muted); }
.log { max-height: 180px; overflow: auto; padding: 6px 8px; border-radius: 6px; background: var(--sunken); font-family: ui-monospace, monospace; font-size: 12px; }
.log [data-kind='failure'] { color: var(--rose); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) { .chip, .badge, .forced { border: 1px solid; } }
`;
