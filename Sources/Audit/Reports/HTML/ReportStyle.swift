extension HTMLReport {
  /// The one style sheet, but for the rules of the filters, which depend on the assets. Tokens hold the light and the dark value; severity
  /// and verdict are told by shape and word, colour last.
  static let style = #"""
    :root {
      color-scheme: light dark;
      --canvas:  light-dark(#f7f7f5, #0f1113);
      --surface: light-dark(#ffffff, #16191c);
      --sunken:  light-dark(#f0f0ed, #0a0c0d);
      --line:    light-dark(#e4e4df, #272b30);
      --edge:    light-dark(#84898f, #6d747c);
      --ink:     light-dark(#191c1f, #e7e9eb);
      --ink-2:   light-dark(#474c53, #b4bac1);
      --ink-3:   light-dark(#62676e, #949ba3);
      --accent:  light-dark(#1a5a9e, #85b8f2);
      --critical: light-dark(#a10f3c, #ff8da3);
      --high:     light-dark(#b23d0b, #f7a06c);
      --medium:   light-dark(#7d5900, #e0b552);
      --low:      light-dark(#3b6185, #90b7da);
      --info:     var(--ink-3);
      --pass:     light-dark(#1b7543, #63c78f);
      --fail:     light-dark(#b3231b, #ff8c82);
      --unknown:  light-dark(#73379f, #cba1f3);
      --waived:   light-dark(#0a6875, #63c6d3);
      --na:       var(--ink-3);
      --sans: system-ui, -apple-system, "Segoe UI", "Noto Sans", "Helvetica Neue", Arial,
              "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif;
      --mono: ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono", Consolas,
              "Noto Sans Mono CJK SC", "PingFang SC", "Microsoft YaHei UI", monospace;
      --t-1: 0.6875rem;
      --t-2: 0.75rem;
      --t-3: 0.8125rem;
      --t-4: 0.875rem;
      --t-5: 1rem;
      --t-6: 1.375rem;
      --t-7: 1.75rem;
      --s-1: 4px; --s-2: 8px; --s-3: 12px; --s-4: 16px; --s-5: 24px; --s-6: 32px; --s-7: 48px;
      --r: 6px;
    }
    :root:has(#theme-light:checked) { color-scheme: light; }
    :root:has(#theme-dark:checked)  { color-scheme: dark; }
    *, *::before, *::after { box-sizing: border-box; }
    html { font-size: 16px; scroll-padding-top: 64px; -webkit-text-size-adjust: 100%; }
    body { margin: 0; background: var(--canvas); color: var(--ink); font: var(--t-4)/1.5 var(--sans);
           font-variant-numeric: tabular-nums; text-autospace: normal; }
    :lang(zh) body, body:lang(zh) { line-height: 1.65; }
    h1, h2, h3, p, dl, dd, ul, ol, fieldset { margin: 0; padding: 0; }
    fieldset { border: 0; min-width: 0; }
    ul, ol { list-style: none; }
    a { color: var(--accent); text-decoration: none; }
    a:hover { text-decoration: underline; text-underline-offset: 2px; }
    code, .mono { font-family: var(--mono); font-size: 0.923em; font-variant-ligatures: none; }
    code { overflow-wrap: anywhere; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
    ::selection { background: color-mix(in oklab, var(--accent) 28%, transparent); }
    [hidden] { display: none !important; }
    .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .skip { position: absolute; left: var(--s-4); top: -60px; background: var(--surface); padding: var(--s-2) var(--s-3); z-index: 9; }
    .skip:focus { top: var(--s-2); }
    .bar { position: sticky; top: 0; z-index: 5; background: var(--surface); border-bottom: 1px solid var(--line); }
    .bar-in { display: flex; align-items: center; gap: var(--s-5); height: 48px; max-width: 1376px; margin: 0 auto; padding: 0 var(--s-5); }
    .brand { display: flex; align-items: center; gap: var(--s-2); font-weight: 600; font-size: var(--t-4); color: var(--ink); letter-spacing: -0.005em; }
    .brand:hover { text-decoration: none; }
    .brand svg { width: 20px; height: 20px; }
    .nav { display: flex; gap: 2px; flex: 1; min-width: 0; overflow-x: auto; scrollbar-width: none; }
    .nav a { color: var(--ink-2); font-size: var(--t-3); padding: 5px 10px; border-radius: var(--r); white-space: nowrap; }
    .nav a:hover { background: var(--sunken); text-decoration: none; color: var(--ink); }
    .tools { display: flex; align-items: center; gap: var(--s-2); font-size: var(--t-2); color: var(--ink-3); white-space: nowrap; }
    .seg { display: inline-flex; flex-wrap: wrap; border: 1px solid var(--line); border-radius: var(--r); background: var(--surface); overflow: clip; }
    .seg > * { font: inherit; font-size: var(--t-2); line-height: 1.5; color: var(--ink-2); background: none; border: 0; padding: 3px 10px; cursor: pointer; white-space: nowrap; }
    .seg > * + * { border-left: 1px solid var(--line); }
    .seg label:has(:checked) { background: var(--sunken); color: var(--ink); font-weight: 600; }
    .seg label:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: -2px; }
    .seg input { position: absolute; opacity: 0; pointer-events: none; }
    .seg b { font-weight: 500; color: var(--ink-3); margin-left: 5px; }
    .page { max-width: 1376px; margin: 0 auto; padding: var(--s-5) var(--s-5) var(--s-7); }
    .foot { max-width: 1376px; margin: 0 auto; padding: var(--s-3) var(--s-5) var(--s-6); color: var(--ink-3); font-size: var(--t-2); display: flex; gap: var(--s-4); flex-wrap: wrap; }
    h1 { font-size: var(--t-6); line-height: 1.25; font-weight: 600; letter-spacing: -0.01em; overflow-wrap: anywhere; }
    h2 { font-size: var(--t-5); line-height: 1.4; font-weight: 600; }
    h3 { font-size: var(--t-3); line-height: 1.5; font-weight: 600; }
    :lang(zh) h1, :lang(zh) h2 { letter-spacing: 0; }
    .eyebrow { font-size: var(--t-2); color: var(--ink-3); }
    .sub { color: var(--ink-2); font-size: var(--t-3); }
    .dim { color: var(--ink-3); }
    .small { font-size: var(--t-2); }
    .lead { font-size: var(--t-5); line-height: 1.5; max-width: 68ch; text-wrap: pretty; }
    .prose { max-width: 72ch; color: var(--ink-2); font-size: var(--t-3); text-wrap: pretty; }
    .r { text-align: right; } .nw { white-space: nowrap; }
    .m { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
    .m svg, .ico { width: 0.8125rem; height: 0.8125rem; flex: none; fill: currentColor; }
    .m.critical, .k-critical { color: var(--critical); font-weight: 600; } .m.high, .k-high { color: var(--high); font-weight: 600; }
    .m.medium, .k-medium { color: var(--medium); } .m.low, .k-low { color: var(--low); } .m.info, .k-info { color: var(--info); }
    .m.pass, .k-pass { color: var(--pass); } .m.fail, .k-fail { color: var(--fail); font-weight: 600; }
    .m.unknown, .k-unknown { color: var(--unknown); font-weight: 600; } .m.waived, .k-waived { color: var(--waived); }
    .m.na, .k-na { color: var(--na); }
    .id { font-family: var(--mono); font-size: var(--t-2); color: var(--ink-2); white-space: nowrap; }
    a.id { color: var(--accent); }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: var(--t-3); line-height: 1.45; }
    :lang(zh) table { line-height: 1.55; }
    th { text-align: left; font-weight: 500; font-size: var(--t-1); color: var(--ink-3); white-space: nowrap; padding: 0 var(--s-3) 6px 0; border-bottom: 1px solid var(--line); vertical-align: bottom; }
    :lang(zh) th { font-size: var(--t-2); }
    td { padding: 7px var(--s-3) 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
    tr:last-child > td { border-bottom: 0; }
    th:last-child, td:last-child { padding-right: 0; }
    th.r, td.r { text-align: right; } td.r { white-space: nowrap; }
    tbody tr:hover > td { background: color-mix(in oklab, var(--ink) 3%, transparent); }
    tr:target > td { background: color-mix(in oklab, var(--accent) 12%, transparent); }
    td code { font-size: var(--t-2); }
    td .why { display: block; color: var(--ink-3); font-size: var(--t-2); overflow-wrap: anywhere; }
    .card { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: var(--s-4); min-width: 0; }
    .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px var(--s-4); font-size: var(--t-3); }
    .facts dt { color: var(--ink-3); } .facts dd { overflow-wrap: anywhere; }
    .note { border-left: 3px solid var(--edge); padding: 2px 0 2px var(--s-3); color: var(--ink-2); font-size: var(--t-3); }
    .note.unknown { border-color: var(--unknown); } .note.fail { border-color: var(--fail); } .note.waived { border-color: var(--waived); } .note.pass { border-color: var(--pass); }
    details > summary { cursor: pointer; list-style-position: outside; }
    details > summary::marker { color: var(--ink-3); }
    input[type="search"] { font: inherit; font-size: var(--t-3); color: var(--ink); background: var(--surface); border: 1px solid var(--edge); border-radius: var(--r); padding: 4px 10px; min-width: 200px; }
    svg text { font-family: var(--sans); fill: var(--ink-2); font-size: 0.6875rem; }
    svg .t-dim { fill: var(--ink-3); } svg .t-ink { fill: var(--ink); } svg .t-b { font-weight: 600; fill: var(--ink); } svg .t-mono { font-family: var(--mono); }
    .defs { position: absolute; width: 0; height: 0; }
    .f-pass { fill: color-mix(in oklab, var(--pass) 42%, var(--surface)); } .f-fail { fill: var(--fail); } .f-unknown { fill: var(--unknown); } .f-waived { fill: var(--waived); } .f-na { fill: var(--line); }
    .f-critical { fill: var(--critical); } .f-high { fill: var(--high); } .f-medium { fill: var(--medium); } .f-low { fill: var(--low); }
    .f-ink { fill: var(--ink-2); } .f-soft { fill: var(--ink-3); } .f-track { fill: var(--sunken); stroke: var(--line); } .f-line { fill: var(--line); } .f-accent { fill: var(--accent); } .f-surface { fill: var(--surface); }
    .s-line { stroke: var(--line); } .s-edge { stroke: var(--edge); } .s-ink { stroke: var(--ink-2); } .s-accent { stroke: var(--accent); } .s-fail { stroke: var(--fail); } .s-pass { stroke: var(--pass); } .s-unknown { stroke: var(--unknown); } .s-waived { stroke: var(--waived); }
    .nofill { fill: none; }
    .layers { display: grid; grid-template-columns: max-content minmax(120px, 1fr) max-content max-content; gap: 9px var(--s-4); align-items: center; font-size: var(--t-3); }
    .layers .name { white-space: nowrap; } .layers .weak { font-weight: 600; }
    .layers svg { width: 100%; height: 14px; display: block; overflow: visible; }
    .layers .num { text-align: right; font-weight: 600; white-space: nowrap; } .layers .cnt { color: var(--ink-3); font-size: var(--t-2); white-space: nowrap; }
    .layers .axis { color: var(--ink-3); font-size: var(--t-1); } .layers .axis svg { height: 12px; }
    .strip { width: 100%; height: 10px; display: block; border-radius: 2px; }
    @media screen and (max-width: 860px) {
      .bar-in, .page, .foot { padding-left: var(--s-4); padding-right: var(--s-4); }
      .bar-in { gap: var(--s-3); }
    }
    @media screen and (max-width: 620px) { .layers { grid-template-columns: minmax(0, 1fr) max-content; } .layers .bar-cell { grid-column: span 2; order: 1; } }
    @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
    @media print {
      :root, :root:has(input:checked) { color-scheme: light !important; }
      @page { size: A4; margin: 13mm 11mm 14mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; color: #62676e; } }
      html { font-size: 11.5px; }
      body { background: #fff; }
      .bar, .skip, .tools, .acts, .noprint { display: none !important; }
      .page { padding: 0; max-width: none; }
      .card { break-inside: avoid; border-color: #ccc; }
      tr, li { break-inside: avoid; } thead { display: table-header-group; } h2, h3 { break-after: avoid; }
      a { color: inherit; }
      * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    }
    .top { display: grid; grid-template-columns: minmax(0, 1fr) minmax(380px, 560px); gap: var(--s-4) var(--s-7); align-items: start; margin-bottom: var(--s-5); }
    .top .facts { font-size: var(--t-2); }
    .tally { display: flex; flex-wrap: wrap; gap: var(--s-3) var(--s-6); align-items: baseline; margin-bottom: var(--s-2); }
    .tally a { display: inline-flex; align-items: baseline; gap: 7px; } .tally .small { color: var(--ink-2); font-weight: 400; }
    .tally b { font-size: var(--t-7); line-height: 1; font-weight: 600; letter-spacing: -0.02em; color: var(--ink); }
    .tally .dim { margin-left: auto; }
    section { margin-top: var(--s-6); }
    section > .hd { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px var(--s-4); margin-bottom: var(--s-3); }
    .gap { margin-top: var(--s-2); }
    .hd p { color: var(--ink-3); font-size: var(--t-3); }
    .two { display: grid; grid-template-columns: minmax(0, 7fr) minmax(0, 4fr); gap: var(--s-5); align-items: start; }
    .worst > li { display: grid; grid-template-columns: 12px minmax(0, 1fr) minmax(0, 1fr); gap: 0 var(--s-5); padding: var(--s-4) 0; border-bottom: 1px solid var(--line); }
    .worst > li:last-child { border: 0; padding-bottom: 0; } .worst > li:first-child { padding-top: 0; }
    .worst .rank { color: var(--ink-3); font-size: var(--t-3); }
    .worst h3 { font-size: var(--t-4); } .worst .fix { margin-top: 6px; } .worst .fix b { font-weight: 500; color: var(--ink-3); margin-right: 4px; } .worst .fix code { display: block; font-size: var(--t-2); }
    .worst .meta { display: flex; flex-wrap: wrap; gap: 0 var(--s-3); font-size: var(--t-2); color: var(--ink-3); margin-bottom: 6px; align-items: center; }
    .ev { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px var(--s-3); font-size: var(--t-2); align-content: start; }
    .ev dt { color: var(--ink-3); } .ev .bad code { color: var(--fail); font-weight: 600; } .ev .good code { color: var(--pass); }
    .fil { display: flex; flex-wrap: wrap; gap: var(--s-2) var(--s-4); align-items: center; position: sticky; top: 48px; background: var(--canvas); padding: var(--s-2) 0; z-index: 3; }
    details.grp { padding: 10px 0; } .grp tr:last-child > td { border-bottom: 1px solid var(--line); }
    details.grp > summary { font-weight: 600; font-size: var(--t-3); } details.grp > summary span { font-weight: 400; color: var(--ink-3); font-size: var(--t-2); margin-left: var(--s-3); }
    details.grp table { margin-top: var(--s-3); table-layout: fixed; }
    .w-v { width: 6.5rem; } .w-s { width: 5.75rem; } .w-f { width: 15%; } .w-x { width: 18%; } .w-w { width: 20%; }
    .ids { display: flex; flex-wrap: wrap; gap: 1px 10px; }
    .limits { columns: 2; column-gap: var(--s-6); font-size: var(--t-3); color: var(--ink-2); }
    .limits li { break-inside: avoid; margin-bottom: var(--s-2); padding-left: 14px; text-indent: -14px; }
    .limits li::before { content: "–"; display: inline-block; width: 14px; text-indent: 0; color: var(--ink-3); }
    @media screen and (max-width: 1000px) { .top, .two { grid-template-columns: minmax(0, 1fr); gap: var(--s-4); } .worst > li { grid-template-columns: 20px minmax(0, 1fr); } .worst .ev { grid-column: 2; margin-top: var(--s-2); } .limits { columns: 1; } .fil { position: static; } details.grp { overflow-x: auto; } details.grp table { min-width: 860px; } .tally .dim { margin-left: 0; width: 100%; } }
    @media print { .fil, .bar { display: none !important; } details.grp::details-content { content-visibility: visible; display: block; } tr.x { display: table-row !important; } .grp { display: block !important; } section { margin-top: 20px; } .top { grid-template-columns: 2fr 3fr; gap: 16px; } .two { grid-template-columns: minmax(0, 1fr); gap: 10px; } .w-v, .w-s { width: 5.6rem; } .w-f { width: 15%; } .w-x { width: 18%; } .w-w { width: 21%; } .two .layers { gap: 6px 10px; } .worst.card { break-inside: auto; } .worst > li { padding: 10px 0; } td { padding-top: 4px; padding-bottom: 4px; } }
    .note + .note { margin-top: var(--s-2); }
    .tally + .strip { margin-bottom: var(--s-3); }
    .costs { margin-top: var(--s-4); font-size: var(--t-3); } .costs > summary { font-weight: 600; } .costs > summary span { font-weight: 400; color: var(--ink-3); margin-left: var(--s-2); }
    .costs li { padding: 2px 0 2px var(--s-4); color: var(--ink-2); max-width: 110ch; overflow-wrap: anywhere; }
    .name, .a, td.a { overflow-wrap: anywhere; }
    .more { color: var(--ink-3); font-size: var(--t-2); } .more .ev { margin: 4px 0 6px; } .more > summary { width: max-content; list-style-position: inside; }
    .repair { display: grid; gap: var(--s-4); } .repair h3 { display: flex; flex-wrap: wrap; gap: 2px var(--s-3); align-items: baseline; font-size: var(--t-4); }
    .repair .facts { margin-top: 6px; } .repair .facts dd { max-width: 100ch; white-space: pre-line; }
    .repair article { border-top: 1px solid var(--line); padding-top: var(--s-3); break-inside: avoid; }
    .w-a { width: 9rem; }
    .trend { display: grid; grid-template-columns: max-content minmax(120px, 1fr) max-content max-content; gap: 10px var(--s-4); align-items: center; font-size: var(--t-3); max-width: 760px; }
    .trend svg { width: 100%; height: 34px; display: block; overflow: visible; } .trend polyline, .trend line { vector-effect: non-scaling-stroke; }
    .trend polyline { stroke-width: 1.6; stroke-linejoin: round; } .trend .dash { stroke-dasharray: 3 3; } .trend .num { font-weight: 600; text-align: right; } .trend .cnt { font-size: var(--t-2); color: var(--ink-3); text-align: right; }
    details.pg { border-top: 1px solid var(--line); padding: 10px 0; } details.pg > summary { font-weight: 600; font-size: var(--t-3); overflow-wrap: anywhere; }
    details.pg > summary span { font-weight: 400; color: var(--ink-3); font-size: var(--t-2); margin-left: var(--s-3); } details.pg .strip { margin: var(--s-2) 0; }
    .finds { margin-top: var(--s-2); font-size: var(--t-3); } .finds li { padding: 2px 0; overflow-wrap: anywhere; }
    table.clause { margin-top: var(--s-2); } table.clause td:nth-child(2) { width: 30%; } table.clause td:nth-child(3) { width: 18%; min-width: 150px; } table.clause td:nth-child(n+4) { width: 22%; }
    #clauses h3 { margin-top: var(--s-4); }
    @media print { details.pg::details-content { content-visibility: visible; display: block; } details.pg { break-inside: avoid; } #clauses, #assets { break-before: auto; } }
    """#
}
