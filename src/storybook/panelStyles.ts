/** The panel's stylesheet; every text has a contrast of at least 4.5:1 on its ground, in both themes. */
export const panelStyles = `
.switchback-panel { --ink: #1f2933; --quiet: #52606d; --line: #8593a1; --ground: #fff; --raised: #f5f7fa; --accent: #0b5cad; --on: #0b5cad; --off: #c4ccd4; --bad: #b42318; --good: #0a6b3d;
  box-sizing: border-box; min-height: 100%; padding: 12px 16px 24px; color: var(--ink); background: var(--ground); font: 13px/1.5 system-ui, sans-serif; color-scheme: light; }
.switchback-panel[data-theme="dark"] { --ink: #e6eaee; --quiet: #aab4be; --line: #76838f; --ground: #1b1f24; --raised: #24292f; --accent: #7db7f2; --on: #7db7f2; --off: #4a545e; --bad: #ff9a8f; --good: #6fd39b; color-scheme: dark; }
.switchback-panel *, .switchback-panel *::before { box-sizing: border-box; }
.switchback-panel h2 { margin: 0; font-size: 14px; font-weight: 700; overflow-wrap: anywhere; }
.switchback-panel p { margin: 4px 0; }
.switchback-panel label { display: inline-flex; flex-direction: column; gap: 2px; color: var(--quiet); }
.switchback-panel input, .switchback-panel select, .switchback-panel textarea, .switchback-panel button { min-height: 28px; padding: 3px 8px; border: 1px solid var(--line); border-radius: 4px; color: var(--ink); background: var(--ground); font: inherit; }
.switchback-panel textarea { width: 100%; font-family: ui-monospace, monospace; resize: vertical; }
.switchback-panel button { background: var(--raised); cursor: pointer; }
.switchback-panel :disabled { cursor: not-allowed; color: var(--quiet); border-style: dashed; }
.switchback-panel :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.switchback-panel .bar, .switchback-panel .row { display: flex; flex-wrap: wrap; align-items: end; gap: 8px; }
.switchback-panel .notice { padding: 6px 10px; border-left: 3px solid var(--accent); background: var(--raised); }
.switchback-panel .feature { margin-top: 12px; padding: 12px; border: 1px solid var(--line); border-radius: 6px; }
.switchback-panel .about { color: var(--quiet); }
.switchback-panel .shown { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 6px 0 10px; }
.switchback-panel .shown > div { min-width: 0; }
.switchback-panel dt { color: var(--quiet); }
.switchback-panel dd { margin: 0; overflow-wrap: anywhere; }
.switchback-panel .state { border-bottom: 2px solid var(--line); }
.switchback-panel .state-v2 { border-color: var(--good); }
.switchback-panel .state-failed { border-color: var(--bad); }
.switchback-panel .error { color: var(--bad); overflow-wrap: anywhere; }
.switchback-panel .fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); gap: 12px; }
.switchback-panel fieldset { min-width: 0; margin: 0; padding: 8px 10px 10px; border: 1px solid var(--off); border-radius: 4px; }
.switchback-panel legend { padding: 0 4px; font-weight: 600; }
.switchback-panel .choice { flex-direction: row; align-items: center; gap: 6px; min-height: 28px; margin-right: 16px; color: var(--ink); }
.switchback-panel .choice input { min-height: 0; margin: 0; accent-color: var(--accent); }
.switchback-panel .percentage { display: flex; align-items: center; gap: 8px; }
.switchback-panel .percentage [type="range"] { flex: 1; min-width: 0; padding: 0; border: 0; accent-color: var(--accent); }
.switchback-panel .percentage [type="number"] { width: 5.5em; }
.switchback-panel .users { display: grid; grid-template-columns: repeat(20, 1fr); gap: 3px; max-width: 24rem; }
.switchback-panel .users span { aspect-ratio: 1; border-radius: 50%; border: 1px solid var(--line); }
.switchback-panel .users .in { background: var(--on); border-color: var(--on); }
.switchback-panel .log { margin-top: 16px; }
.switchback-panel .log header { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: 8px; }
.switchback-panel .log ol { max-height: 240px; margin: 8px 0 0; padding: 0; overflow: auto; list-style: none; font-family: ui-monospace, monospace; font-size: 12px; }
.switchback-panel .log li { padding: 2px 0; border-bottom: 1px solid var(--off); overflow-wrap: anywhere; }
.switchback-panel .log time { color: var(--quiet); }
`;
