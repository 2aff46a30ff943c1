// How the status page looks: one column on a phone, two of charts elsewhere, light or dark as the reader's system is. A
// string of CSS, sent within the page.
export const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #16191d; --soft: #667080; --line: #dfe3e8;
  --a: #1463d8; --b: #c2560a; --good: #16803c; --bad: #c3271f; }
@media (prefers-color-scheme: dark) { :root { --ground: #111417; --card: #1a1e23; --ink: #e8ebee; --soft: #97a1ad;
  --line: #2c333b; --a: #6aa6ff; --b: #ffa45c; --good: #4cc274; --bad: #ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 70rem; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.25rem; margin: 0; } h2 { font-size: .95rem; margin: 0 0 .5rem; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; margin-bottom: 1rem; }
header p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
#state { font-weight: 600; color: var(--good); } #state.bad { color: var(--bad); }
.tiles, .charts { display: grid; gap: .75rem; margin-bottom: .75rem; }
.tiles { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
.charts { grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
section, .tile { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
.tile b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; } .tile span { color: var(--soft); font-size: .8rem; }
svg { display: block; width: 100%; height: 9rem; overflow: visible; } svg text { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); } .a, .b { fill: none; stroke-width: 1.75; vector-effect: non-scaling-stroke; }
.a { stroke: var(--a); } .b { stroke: var(--b); }
.key { color: var(--soft); font-size: .8rem; float: right; font-weight: 400; } .key i { display: inline-block; width: .8rem;
  height: .2rem; vertical-align: middle; margin: 0 .25rem 0 .6rem; background: var(--a); } .key i.two { background: var(--b); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .5rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 500; font-size: .8rem; } .text { text-align: left; } td.wide { white-space: normal; min-width: 14rem; }
meter { width: 5rem; height: .8rem; vertical-align: middle; } .charts ~ section { margin-top: .75rem; }
.bad { color: var(--bad); } .none { color: var(--soft); }
`;
