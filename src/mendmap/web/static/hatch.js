/* The pattern that style sheets fill with what is only schematic: slanting lines, where nobody has surveyed. */
(() => {
  "use strict";
  const { svg } = window.mendmap;
  const place = () => {
    const lines = svg("path", { d: "M-2 2 2-2M0 8 8 0M6 10 10 6", class: "hatch-lines" });
    const pattern = svg("pattern", { id: "mendmap-hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse" }, lines);
    document.body.append(svg("svg", { width: 0, height: 0, class: "hatch", "aria-hidden": "true", focusable: "false" }, svg("defs", {}, pattern)));
  };
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
