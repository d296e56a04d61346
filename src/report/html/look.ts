/**
 * How pages look, in light, in dark and on paper; and the script that steps through ladders, without which they stand there whole.
 */
/** In the order of `NAMES` in chart.ts. The last four are drawn with dashes, too, for those to whom colours look alike. */
const LIGHT = [
  '#c2410c',
  '#0369a1',
  '#a16207',
  '#15803d',
  '#be185d',
  '#6d28d9',
  '#0f766e',
  '#4d7c0f',
  '#2e9bd6',
  '#a78bda',
  '#64748b',
  '#b91c1c',
]
const DARK = [
  '#fb923c',
  '#60a5fa',
  '#facc15',
  '#4ade80',
  '#f472b6',
  '#a78bfa',
  '#2dd4bf',
  '#bef264',
  '#bae6fd',
  '#e9d5ff',
  '#94a3b8',
  '#f87171',
]
const PARTS_LIGHT = ['#1d4e89', '#c2410c', '#2a9d8f', '#b08900', '#8e44ad', '#6b7280', '#be185d', '#4d7c0f']
const PARTS_DARK = ['#60a5fa', '#fb923c', '#5eead4', '#fde047', '#c084fc', '#9ca3af', '#f472b6', '#a3e635']

const DASHED = [8, 9, 10, 11]

const variables = (colours: readonly string[], parts: readonly string[]): string =>
  [...colours.map((colour, i) => `--c${i}:${colour}`), ...parts.map((colour, i) => `--k${i}:${colour}`)].join(
    ';',
  )

const PLAIN_LIGHT = `--ink:#1b1f24;--soft:#57606a;--faint:#d8dee4;--page:#fff;--panel:#f6f8fa;--shade:#8c959f80;--good:#1a7f37;--bad:#c4162a;--link:#0550ae;${variables(LIGHT, PARTS_LIGHT)}`
const PLAIN_DARK = `--ink:#e6e6e6;--soft:#9aa4ae;--faint:#343b44;--page:#14171b;--panel:#1d2228;--shade:#000c;--good:#56d364;--bad:#ff7b72;--link:#79c0ff;${variables(DARK, PARTS_DARK)}`

const series =
  LIGHT.map((_, i) => `.s${i}{--c:var(--c${i})}`).join('') +
  DASHED.map(
    (i) => `.lines .s${i} .line{stroke-dasharray:9 3}.lines .legend .s${i} i{border-top-style:dashed}`,
  ).join('')
const parts = PARTS_LIGHT.map((_, i) => `.k${i}{--c:var(--k${i})}`).join('')

/** The style sheet. */
export const STYLE: string = `
:root{color-scheme:light dark;${PLAIN_LIGHT}}
@media (prefers-color-scheme:dark){:root{${PLAIN_DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main,header{max-width:84rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.2rem}
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .3rem}
h2{font-size:1.3rem;line-height:1.25;margin:2.4rem 0 .2rem;padding-top:.8rem;border-top:2px solid var(--faint)}
p{max-width:46rem;margin:.6rem 0}
a{color:var(--link)}
nav ol{margin:.6rem 0;padding:0;columns:24rem;column-gap:2rem}
nav li{break-inside:avoid;margin-left:1.5rem}
.source{color:var(--soft);font-size:.82rem;margin:.2rem 0 .8rem;overflow-wrap:anywhere}
code,pre,.ladder{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.82rem}
code{background:var(--panel);padding:.1em .3em;border-radius:3px;white-space:nowrap}
pre{background:var(--panel);padding:.7rem .9rem;overflow-x:auto;border-radius:6px;line-height:1.4}
.steps+pre{white-space:pre-wrap}
.scroll{overflow-x:auto;margin:.8rem 0;max-width:100%;background:linear-gradient(to right,var(--page) 30%,transparent),linear-gradient(to left,var(--page) 30%,transparent) 100% 0,linear-gradient(to right,var(--shade),transparent),linear-gradient(to left,var(--shade),transparent) 100% 0;background-repeat:no-repeat;background-size:2.4rem 100%,2.4rem 100%,1rem 100%,1rem 100%;background-attachment:local,local,scroll,scroll}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .6rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--faint)}
th{font-weight:600;vertical-align:bottom;border-bottom:2px solid var(--faint)}
td:not(.w),th{white-space:nowrap}
td.w{min-width:5.4rem}
td.long{min-width:16rem}
.l{text-align:left}
tbody tr:hover{background:var(--panel)}
td:first-child,th:first-child{text-align:left}
.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}
td.no{color:var(--soft)}td.yes{background:color-mix(in srgb,var(--bad) 16%,transparent)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:0 2rem}
figure{margin:1rem 0;break-inside:avoid;min-width:0}
figcaption{font-weight:600;font-size:.92rem;margin-bottom:.3rem;max-width:46rem}
.axis{color:var(--soft);font-size:.78rem;margin:1.7rem 0 0;text-align:right;white-space:pre-wrap}
.axis.up{margin:0 0 .5rem;text-align:left}
.plot{position:relative;margin:0 .9rem 0 4.2rem}
.rows .plot{margin-left:8.2rem}
.plot svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}
.plot path{vector-effect:non-scaling-stroke}
.grid{stroke:var(--faint);stroke-width:1;fill:none}
.tx,.ty{position:absolute;font-size:.76rem;color:var(--soft);white-space:nowrap;line-height:1}
.tx{top:calc(100% + .35rem);transform:translateX(-50%)}
.ty{right:calc(100% + .45rem);transform:translateY(50%)}
.ty.row{color:var(--ink);max-width:7.7rem;overflow:hidden;text-overflow:ellipsis;padding:.1em 0}
${series}${parts}
.floor{--c:var(--soft)}
.e0{--c:var(--k0)}.e1{--c:var(--bad)}
.line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}
.floor .line{stroke-dasharray:5 4}
.dot{stroke:var(--c);stroke-width:7;stroke-linecap:round;fill:none}
.lines .dot{stroke-width:6}
.band{fill:var(--c);opacity:.16;stroke:none}
.box,.box path{fill:var(--c);stroke:none}
.e1 path{opacity:.85}
.legend{list-style:none;margin:0 0 .5rem;padding:0;display:flex;flex-wrap:wrap;gap:.1rem .9rem;font-size:.82rem}
.legend i{display:inline-block;width:1.1rem;height:0;border-top:3px solid var(--c);margin-right:.35rem;vertical-align:.25em}
.legend .floor i{border-top-style:dashed}
.legend .box i{height:.7rem;border:0;background:var(--c);vertical-align:-.05em}
.steps{margin:.8rem 0;overflow-x:auto;max-height:34rem;overflow-y:auto;border:1px solid var(--faint);border-radius:6px;padding:.4rem .2rem}
.ladder{display:grid;width:max-content;min-width:100%}
.ladder>*{padding:0 .6rem;white-space:pre;border-left:3px solid transparent;line-height:1.45}
.ladder .head{font-weight:600;color:var(--soft);border-bottom:1px solid var(--faint)}
.ladder .end{color:var(--bad)}
.now{background:color-mix(in srgb,var(--c2) 28%,transparent);border-left-color:var(--c2)!important}
.later{opacity:.28}
.walk{margin:.6rem 0 0;font-size:.85rem}
button{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--faint);border-radius:4px;padding:.1rem .6rem;cursor:pointer}
details{margin:.8rem 0}summary{cursor:pointer;color:var(--link)}
footer{color:var(--soft);font-size:.82rem;max-width:84rem;margin:3rem auto 1.5rem;padding:0 1rem}
@media (max-width:34rem){body{font-size:15px}.plot{margin-left:3.4rem}.rows .plot{margin-left:7.2rem}.ty.row{max-width:6.9rem;font-size:.7rem}.lines .plot{height:15rem!important}}
@media print{details::details-content{content-visibility:visible;block-size:auto}:root{${PLAIN_LIGHT}}body{font-size:10pt}.walk,nav{display:none}.steps{max-height:none;overflow:visible;border:0}.later{opacity:1}.now{background:none}.scroll{overflow:visible}table{font-size:7.5pt}th,td{padding:.1rem .3rem}td,th{white-space:normal!important}h2,figure,tr{break-inside:avoid}h2{break-after:avoid}a{color:inherit;text-decoration:none}.charts{grid-template-columns:1fr 1fr}.box,.box path,.band,.yes,td{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`

/** Steps through ladders: buttons, and arrow keys for the one that was touched last. */
export const SCRIPT: string = `
for(const walk of document.querySelectorAll('.walk')){
const out=walk.querySelector('output'),rows=[...walk.nextElementSibling.querySelectorAll('[data-i]')]
let at=rows.length
const go=by=>{at=Math.max(0,Math.min(rows.length,at+by));rows.forEach((row,i)=>{row.classList.toggle('now',i===at-1);row.classList.toggle('later',i>=at)})
out.textContent='step '+at+' of '+rows.length;const row=rows[at-1],box=walk.nextElementSibling
if(row){const r=row.getBoundingClientRect(),b=box.getBoundingClientRect();if(r.top<b.top||r.bottom>b.bottom)box.scrollTop+=r.top-b.top-b.height/2}}
walk.hidden=false;out.textContent=rows.length+' steps'
walk.onclick=e=>{const by=e.target.dataset.by;if(by){go(by==='first'?1-at:by==='all'?rows.length:+by);if(by==='all')rows.forEach(row=>row.classList.remove('now'))}}
walk.nextElementSibling.tabIndex=0
walk.nextElementSibling.onkeydown=e=>{const by={ArrowRight:1,ArrowDown:1,ArrowLeft:-1,ArrowUp:-1}[e.key];if(by){e.preventDefault();go(by)}}}
`
