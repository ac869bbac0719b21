/* Polite lines on the map: what could not be fetched, with a button to ask again; what is left out; what was done. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const SEEN_MS = 12000;
  const made = new WeakMap(); // map -> notices

  /** What ``maps.elements.Notices`` calls; other elements call it to ``tell`` something. */
  mendmap.notices = (map) => {
    if (!made.has(map)) made.set(map, new Notices(mendmap.bench(map)));
    return made.get(map);
  };

  class Notices {
    constructor(bench) {
      this._bench = bench;
      this._words = h("span");
      const again = h("button", { type: "button", class: "button", text: say("Try again"), on: { click: () => this._retry() } });
      this._failed = h("div", { class: "notice", hidden: true }, this._words, again);
      this._short = h("div", { class: "notice", hidden: true });
      this._told = h("div", { class: "notice is-told", hidden: true });
      bench.frame.append(h("div", { class: "notices", role: "status" }, this._failed, this._short, this._told));
      bench.map.on("zoomend", () => this._look());
      bench.layers.forEach((layer) => layer.on("tileerror retried drawn tileunload remove", () => this._look()));
      window.addEventListener("online", () => this._retry());
    }

    /** Says something for a while: a text, and what it is about. */
    tell(text, ...more) {
      clearTimeout(this._timer);
      const close = h("button", { type: "button", class: "notice-close", "aria-label": say("Close"), text: "✕", on: { click: () => (this._told.hidden = true) } });
      this._told.replaceChildren(h("span", { text }), ...more, close);
      this._told.hidden = false;
      // What is to be used stays until it is closed.
      if (!more.length) this._timer = setTimeout(() => (this._told.hidden = true), SEEN_MS);
    }

    _retry() {
      this._bench.layers.forEach((layer) => layer.retry());
    }

    _look() {
      const missing = this._bench.shown.filter((layer) => layer.failures());
      this._failed.hidden = !missing.length;
      const names = missing.map((layer) => layer.options.name).join(", ");
      const why = missing.map((layer) => layer.why()).find(Boolean) || "";
      this._words.textContent = missing.length ? [say("Some of the map could not be fetched: {names}.", { names }), why].join(" ").trim() : "";
      this._short.textContent = left(this._bench.shown);
      this._short.hidden = !this._short.textContent;
    }
  }

  /** Says that not every feature is drawn, where that is so. */
  function left(shown) {
    if (shown.some((layer) => layer.summary().others)) return say("What is drawn double stands for others too: zoom in to see them.");
    return shown.some((layer) => layer.leavesOut()) ? say("Some smaller features are left out at this zoom; zoom in to see them.") : "";
  }
})();
