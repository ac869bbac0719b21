/* The table of what the map shows of a month, and of the months in which something is known: the time slider in words,
   below the map, where the page's own table stands. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, h, say } = mendmap;
  const MOST = 200; // rows; the rest is a download away
  const KINDS = ["states", "works", "readings", "verdicts", "figures"];

  mendmap.DatedTwin = class {
    /** ``time`` is the slider that it follows. */
    constructor(time) {
      this._time = time;
      this._body = h("div", { class: "dated-body" });
      this.element = h("div", { class: "dated-twin", id: "dated", tabindex: "-1" }, h("h3"), this._body, this._months());
      const twin = document.getElementById("twin");
      if (twin) twin.querySelector("h2").after(this.element);
      else time.frame.after(this.element);
      this.show(null, null);
    }

    /** Shows what was ``found`` of a month, by source; of now there is nothing to add to the page's own table. */
    show(month, found) {
      this.element.querySelector("h3").textContent = month === null ? say("What was known when") : say("What was known in {month}", { month: mendmap.month(month) });
      this._body.replaceChildren(...(found ? this._table(month, found) : []));
    }

    _table(month, found) {
      const layers = new Map(this._time.layers.map((layer) => [layer.options.id, layer]));
      const rows = [...found.values()].flatMap((document) => Object.entries(document.features).map(([id, row]) => ({ id, row, document, layer: layers.get(row.layer) })));
      const known = rows.filter(({ layer }) => layer);
      const body = known.slice(0, MOST).map(({ id, row, document, layer }) => {
        const link = mendmap.linkToPage(row.layer, layer.options.page + encodeURIComponent(id), mendmap.nameIn(row.name));
        return h("tr", {}, h("th", { scope: "row" }, link), h("td", { text: layer.options.name }), h("td", {}, mendmap.factList(row, document)));
      });
      if (!body.length) return [h("p", { class: "missing", text: say("Nothing dated is known of these places.") })];
      const left = known.length - body.length + [...found.values()].reduce((sum, { omitted }) => sum + omitted, 0);
      const files = [...found.keys()].map((source) => mendmap.linkTo(`${this._time.dated.service}/values/${source}/${month}.json`, `${source}/${month}.json`));
      return [
        tableOf([say("Place"), say("Layer"), say("What was known, and who says so")], body, say("What was known in {month}", { month: mendmap.month(month) })),
        ...(left ? [h("p", { class: "missing", text: counted("{number} place more stands in the data.", "{number} places more stand in the data.", left) })] : []),
        h("p", { class: "note" }, say("As data:"), ...files.flatMap((each) => [" ", each])),
      ];
    }

    /** The strip as a table. */
    _months() {
      const heads = [say("Month"), ...mendmap.stripRows(), say("published figures")];
      const rows = this._time.stops.map((stop) => {
        const go = h("button", { type: "button", class: "dated-go", text: mendmap.month(stop.month), on: { click: () => this._go(stop.month) } });
        return h("tr", {}, h("th", { scope: "row" }, go), ...KINDS.map((kind) => h("td", { text: stop[kind] ? mendmap.number(stop[kind]) : "–" })));
      });
      const caption = counted("{number} month in which something began, ended or was measured", "{number} months in which something began, ended or was measured", rows.length);
      const key = say("Rows of the strip beneath the map, from above: {rows}. Hatched: years of which nothing dated is known. Faded symbols: nothing dated is known of the place.", { rows: mendmap.stripRows().join(", ") });
      return h("details", {}, h("summary", { text: say("All months in which something is known, and how to read the strip") }), h("p", { class: "note", text: key }), tableOf(heads, rows, caption));
    }

    _go(month) {
      this._time.pause();
      this._time.choose(month);
      this.element.focus();
    }
  };

  /** What a row of dated values says, as a list. */
  mendmap.factList = (row, document) =>
    h("ul", { class: "dated-facts" }, ...mendmap.factsOf(row, document).map((fact) => h("li", {}, ...told(fact, document))));

  /** A fact with who vouches for it, and the document that it stands in. */
  function told({ text, trust, source, lang }, { sources }) {
    const cited = sources[source];
    const title = cited && (/^https?:/.test(cited.url || "") ? h("a", { href: cited.url, rel: "noopener", text: cited.title }) : cited.title);
    return [h("span", { lang, text }), trust && " ", trust && h("span", { class: `trust trust-${trust}`, text: mendmap.trustOf(trust) }), cited && " ", cited && h("cite", {}, title)];
  }

  function tableOf(heads, rows, caption) {
    const head = h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col", text }))));
    return h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption }, h("table", { class: "dated-table" }, h("caption", { text: caption }), head, h("tbody", {}, ...rows)));
  }
})();
