/* The strip beneath the time slider: years in which something is known, a column a month, with a row for each kind of
   thing; stretches of years of which nothing is known are drawn as short hatched gaps. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say, svg } = mendmap;
  const YEAR = 12; // units, one a month
  const GAP = 4; // units of a stretch without anything, however long
  const NOW = 6; // units at the end, for now
  const APART = 34; // pixels between the years that are written
  const ROWS = [["states", "places"], ["works"], ["readings", "figures"], ["verdicts"]];
  const TALL = 8; // units of a row

  /** What each row of a strip shows, from above. */
  mendmap.stripRows = () => [say("states"), say("works"), say("readings"), say("limits")];

  /** Where months stand on a strip: ``at(month)`` in units, ``size`` of the whole, and its ``years`` and ``gaps``. */
  mendmap.stripScale = (stops) => {
    const known = [...new Set(stops.map(({ month }) => Number(month.slice(0, 4))))];
    const years = new Map();
    const gaps = [];
    let size = 0;
    known.forEach((year, nth) => {
      if (nth && year - known[nth - 1] > 1) {
        gaps.push({ at: size, from: known[nth - 1] + 1, to: year - 1 });
        size += GAP;
      }
      years.set(year, size);
      size += YEAR;
    });
    const at = (month) => years.get(Number(month.slice(0, 4))) + Number(month.slice(5, 7)) - 1;
    return { at, years, gaps, now: size + NOW / 2, size: size + NOW };
  };

  /** The strip as an element; ``scale`` is that of ``stripScale``. It is decoration: the table of months says the same. */
  mendmap.timeStrip = (stops, scale) => {
    const height = ROWS.length * TALL;
    const drawing = svg("svg", { class: "time-strip", viewBox: `0 0 ${scale.size} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
    for (const { at } of scale.gaps) {
      drawing.append(svg("rect", { class: "time-strip-gap", x: at, y: 0, width: GAP, height }));
      for (const x of [0.5, 2, 3.5]) drawing.append(svg("path", { class: "time-strip-hatch", d: `M${at + x - 0.5} ${height}L${at + x + 0.5} 0` }));
    }
    for (const stop of stops) {
      ROWS.forEach((kinds, row) => {
        const count = kinds.reduce((sum, kind) => sum + (stop[kind] || 0), 0);
        if (!count) return;
        const tall = Math.min(1, 0.55 + Math.log10(count) / 6) * (TALL - 1.5);
        drawing.append(svg("path", { class: `time-strip-bar time-strip-${kinds[0]}`, d: `M${scale.at(stop.month) + 0.5} ${(row + 1) * TALL}v${-tall}` }));
      });
    }
    const years = h("span", { class: "time-strip-years", "aria-hidden": "true" });
    const element = h("span", { class: "time-strip-frame" }, drawing, years);
    const write = () => {
      let last = -APART;
      const wide = element.clientWidth;
      const written = [...scale.years].flatMap(([year, at]) => {
        const x = (at / scale.size) * wide;
        if (x - last < APART || x > wide - APART) return [];
        last = x;
        const mark = h("span", { class: "time-strip-year", text: String(year) });
        mark.style.left = `${(100 * at) / scale.size}%`;
        return [mark];
      });
      years.replaceChildren(...written);
    };
    new ResizeObserver(write).observe(element);
    return element;
  };
})();
