// SPDX-License-Identifier: MIT
#include "sections.hpp"

namespace report {

// Colours of lines are after Okabe and Ito, darker or lighter so that each stands out from the paper. It
// holds no character that XML would take for markup.
const char* style() {
  return R"(
:root {
  --paper: #fff; --ink: #1b1b1b; --soft: #5c5c5c; --rule: #dcdcdc; --faint: #ececec; --panel: #f6f6f4;
  --accent: #b4441a; --link: #005a96;
  --c0: #0068a8; --c1: #c8500a; --c2: #00805c; --c3: #b04f8c; --c4: #a87400;
  --c5: #2f8fc6; --c6: #2b2b2b; --c7: #7f7a00; --c8: #808080;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181a; --ink: #e8e8e6; --soft: #a5a7a8; --rule: #3a3d40; --faint: #26292b; --panel: #1e2123;
    --accent: #f0915f; --link: #7cc0f0;
    --c0: #4ea6e6; --c1: #f08447; --c2: #2fbf93; --c3: #e08ac0; --c4: #e6a93a;
    --c5: #9ad2f5; --c6: #f2f2f2; --c7: #d8d048; --c8: #9a9a9a;
  }
  img.ink { filter: invert(1); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1184px; margin: 0 auto; padding: 48px 32px 96px; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 12px; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 16px; padding-top: 14px; border-top: 2px solid var(--ink); }
h3 { font-size: 1.0625rem; margin: 28px 0 8px; }
h3 small { font-weight: 400; color: var(--soft); }
h4 { font-size: .9375rem; margin: 32px 0 8px; }
p { margin: 0 0 12px; max-width: 46rem; }
section { margin-top: 56px; }
a { color: var(--link); }
.finding { font-size: 1.1875rem; line-height: 1.45; color: var(--ink); margin-bottom: 28px; }
.note { font-size: .8125rem; line-height: 1.5; color: var(--soft); margin-top: 8px; }
.note:empty { display: none; }
.warn::before { content: "! "; color: var(--accent); font-weight: 700; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px 24px; margin: 0 0 16px; }
dt { font-size: .75rem; color: var(--soft); }
dd { margin: 0; font-size: .9375rem; overflow-wrap: anywhere; }
pre { background: var(--panel); padding: 14px 16px; margin: 0 0 20px; font-size: .875rem; line-height: 1.5; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; color: var(--soft); font-size: .8125rem; padding-bottom: 8px; }
th, td { text-align: right; padding: 5px 0 5px 18px; white-space: nowrap; font-weight: 400; }
th:first-child, td:first-child { padding-left: 0; }
tbody th, thead tr:first-child th:first-child { text-align: left; }
thead th { color: var(--soft); font-size: .8125rem; vertical-align: bottom; }
thead tr:last-child th, thead th[rowspan] { border-bottom: 1px solid var(--ink); }
thead tr:last-child th:first-child { text-align: right; padding-left: 18px; }
thead tr:only-child th:first-child { text-align: left; padding-left: 0; }
tbody tr + tr > * { border-top: 1px solid var(--faint); }
tbody tr:last-child > * { border-bottom: 1px solid var(--rule); }
th[scope=colgroup] { text-align: left; position: relative; color: var(--ink); }
th[scope=colgroup]::after {
  content: ""; position: absolute; left: 18px; right: 0; bottom: 0; border-bottom: 1px solid var(--rule);
}
td small, th small { color: var(--soft); font-size: .75rem; }
.summary tbody th, .references tbody th, .confusion tbody th { position: sticky; left: 0; background: var(--paper); }
.summary { width: 100%; }
.summary .key, .references .key, .summary tbody th, .references tbody th { font-weight: 600; }
.summary small, .references small { font-weight: 400; }
.references { margin-top: 28px; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: .8125rem; color: var(--soft); margin-bottom: 6px; }
figcaption strong { color: var(--ink); font-size: .9375rem; margin-right: 4px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 32px 24px; }
.pairs { max-width: 790px; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart svg { max-width: 460px; }
.bars svg { max-width: 500px; }
svg text { font-size: 12px; fill: var(--ink); font-variant-numeric: tabular-nums; }
.tick { fill: var(--soft); }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.grid { stroke: var(--faint); fill: none; }
.axis { stroke: var(--soft); fill: none; }
.leader { stroke: var(--soft); stroke-dasharray: 1 3; fill: none; }
.line { fill: none; stroke: var(--c); stroke-width: 1.75; stroke-linejoin: round; }
.mark { fill: var(--c); stroke: var(--paper); stroke-width: .75; }
.band { fill: var(--c); fill-opacity: .13; }
.s0 { --c: var(--c0); } .s1 { --c: var(--c1); } .s2 { --c: var(--c2); } .s3 { --c: var(--c3); }
.s4 { --c: var(--c4); } .s5 { --c: var(--c5); } .s6 { --c: var(--c6); } .s7 { --c: var(--c7); }
.s8 { --c: var(--c8); }
.line.s1, .line.s6 { stroke-dasharray: 7 3; }
.line.s2, .line.s7 { stroke-dasharray: 2 2.5; }
.line.s3, .line.s8 { stroke-dasharray: 8 3 2 3; }
.line.s5 { stroke-dasharray: 12 3; }
.bar { stroke: var(--paper); stroke-width: 1; }
.p0 { fill: var(--c8); } .p1 { fill: var(--c5); } .p2 { fill: var(--c0); } .p3 { fill: var(--c4); } .p4 { fill: var(--c2); }
details { margin-top: 8px; font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); font-size: .8125rem; }
details .scroll { margin-top: 10px; max-height: 420px; overflow: auto; }
details.model { border-top: 1px solid var(--rule); margin-top: 24px; padding-top: 12px; }
details.model > summary h3 { display: inline; color: var(--ink); }
.model .scroll { max-height: none; }
.confusion th, .confusion td { padding: 4px 8px; min-width: 44px; text-align: right; }
.confusion thead th:first-child, .confusion tbody th { min-width: 32px; }
.confusion tbody th { color: var(--soft); }
.confusion .right { background: var(--faint); font-weight: 600; }
.confusion .none { color: var(--c8); }
ul { list-style: none; margin: 0; padding: 0; display: grid; }
.mistakes { grid-template-columns: repeat(auto-fill, minmax(76px, 1fr)); gap: 16px 12px; }
.mistakes li { font-size: .8125rem; line-height: 1.35; }
.mistakes img { display: block; width: 56px; height: auto; margin-bottom: 4px; }
.mistakes span, .mistakes small { display: block; }
.mistakes small { color: var(--soft); font-variant-numeric: tabular-nums; }
.drawn { max-width: 100%; height: auto; }
.filters { grid-template-columns: repeat(auto-fill, 44px); gap: 10px; max-width: 46rem; }
.filters img { display: block; width: 44px; height: auto; outline: 1px solid var(--rule); }
img { image-rendering: pixelated; }
.key-line span { white-space: nowrap; }
.ramp { display: inline-block; width: 72px; height: 10px; outline: 1px solid var(--rule);
  background: linear-gradient(90deg, rgb(33,102,172), #fff, rgb(178,24,43)); }
@media (max-width: 640px) {
  main { padding: 28px 16px 64px; }
  h1 { font-size: 1.5rem; }
  .finding { font-size: 1.0625rem; }
  section { margin-top: 44px; }
  dl { grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 10px 16px; }
}
@media print { .scroll { overflow: visible; } }
)";
}

}  // namespace report
