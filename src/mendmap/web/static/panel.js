/* The panel that tells of the feature that the reader chose: the article of its own page, fetched when it is asked for. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, h, say } = mendmap;
  const PATIENCE_MS = 15000;
  const LEAST = 260; // pixels of the map that stay in sight between the list of layers and the panel
  const UNDER_SEARCH = 120; // pixels, from the top, that the search field and the folded list take

  mendmap.Panel = class {
    /** ``frame`` is the element that holds the map; ``closed`` is called when the reader closes the panel. */
    constructor(frame, closed) {
      this._closed = closed;
      this._body = h("div", { class: "panel-body" });
      this._then = h("div", { class: "panel-then", hidden: true });
      this._others = h("div", { class: "panel-others", hidden: true });
      this._full = h("a", { class: "panel-full", text: say("Open its own page") });
      const close = h("button", { type: "button", class: "panel-close", "aria-label": say("Close"), text: "✕", on: { click: () => this.close() } });
      const bar = h("div", { class: "panel-bar" }, this._full, close);
      this.element = h(
        "section",
        { class: "panel", role: "dialog", "aria-label": say("About this place"), tabindex: "-1", hidden: true },
        bar,
        this._then,
        this._others,
        this._body,
      );
      mendmap.sheet(this.element, bar, () => this.close());
      this.element.addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.close();
      });
      frame.append(this.element);
    }

    get isOpen() {
      return !this.element.hidden;
    }

    /** Shows the article of a page; of a feature of a layer whose features have none, what its ``properties`` say, and
        its ``kind``. Only the last one asked for is shown. */
    async open({ page, name, layer, properties, kind }) {
      this._request?.abort();
      const request = (this._request = new AbortController());
      const timer = setTimeout(() => request.abort("slow"), PATIENCE_MS);
      mendmap.onlySheet(this.element, () => this.close());
      this._full.href = mendmap.spoken(page);
      this.element.setAttribute("aria-label", name);
      this._body.replaceChildren(h("p", { class: "panel-wait", role: "status", text: say("Fetching what is known of {name} …", { name }) }));
      this.element.hidden = false;
      this.element.setAttribute("aria-busy", "true");
      this.element.focus({ preventScroll: true });
      try {
        const headers = { Accept: "text/html", "Accept-Language": mendmap.language };
        const hasPage = await mendmap.hasPages(layer);
        const article = hasPage ? await told(new URL(mendmap.spoken(page), window.location.href), { signal: request.signal, headers }) : brief(name, kind, properties);
        this._full.hidden = !hasPage;
        if (this._request === request) {
          this._body.replaceChildren(article);
          mendmap.charts(article);
        }
      } catch {
        if (this._request === request) this._sorry({ page, name, layer, properties, kind });
      } finally {
        clearTimeout(timer);
        if (this._request === request) this.element.removeAttribute("aria-busy");
      }
      this.element.scrollTop = 0;
    }

    /** Says above what is known now what was known in the ``month`` that the map shows, where it does not show now:
        ``facts`` is an element, or null while they are not there yet. */
    tellThen(month, facts) {
      this._then.hidden = month === null;
      if (month === null) return;
      const title = h("p", { class: "panel-then-title", text: say("What was known in {month}", { month: mendmap.month(month) }) });
      this._then.replaceChildren(title, ...(facts ? [facts] : []), h("p", { class: "note", text: say("Below stands what is known now.") }));
    }

    /** Says how many others the place stands for at this zoom; ``entry`` is undefined where it is not drawn, and
        ``closer`` zooms in. */
    tellOthers(entry, closer) {
      const count = entry ? entry.standsFor - 1 : 0;
      const about = `${entry?.id} ${count}`;
      this._others.hidden = !count;
      if (!count || this._about === about) return;
      this._about = about;
      const told = counted("At this zoom it stands for {number} more place near it too.", "At this zoom it stands for {number} more places near it too.", count);
      this._others.replaceChildren(h("p", { text: told }), h("button", { type: "button", class: "button", text: say("Zoom in"), on: { click: closer } }));
    }

    _sorry(feature) {
      const again = h("button", { type: "button", class: "button", text: say("Try again"), on: { click: () => this.open(feature) } });
      this._body.replaceChildren(h("p", { role: "status", text: say("What is known of {name} could not be fetched.", { name: feature.name }) }), again);
    }

    close() {
      if (!this.isOpen) return;
      this._request?.abort();
      this._request = null;
      this.element.hidden = true;
      this._closed();
    }
  };

  async function told(address, options) {
    const answer = await fetch(address, options);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return articleOf(await answer.text(), address);
  }

  /** What the map itself knows of a feature. */
  function brief(name, kind, properties) {
    const newest = properties?.newest_reading;
    const facts = properties ? [kind, mendmap.knownAs(properties), newest && say("newest reading: {day}", { day: mendmap.localDay(newest) })].filter(Boolean) : [];
    const note = say("This copy has no page for each place of so large a layer: its downloads hold all that is known of it.");
    return h("article", { class: "feature" }, h("h2", { class: "was-h1", text: name }), h("ul", { class: "plain" }, ...facts.map((text) => h("li", { text }))), h("p", { class: "note", text: note }));
  }

  /** The article of a page, its headings one level lower: the map's page has a first heading of its own. */
  function articleOf(text, from) {
    const article = new DOMParser().parseFromString(text, "text/html").querySelector("article.feature");
    if (!article) throw new Error("the page has no article");
    for (const level of [3, 2, 1]) {
      for (const old of article.querySelectorAll(`h${level}`)) {
        const heading = document.createElement(`h${level + 1}`);
        heading.append(...old.childNodes);
        heading.className = `was-h${level}`;
        old.replaceWith(heading);
      }
    }
    // A notebook shows articles of a service that is elsewhere, a published copy those of another folder.
    for (const name of ["href", "src"]) {
      for (const each of article.querySelectorAll(`[${name}]:not([${name}^="#"])`)) {
        const whole = new URL(each.getAttribute(name), from);
        if (whole.origin !== window.location.origin || mendmap.isCopy) each.setAttribute(name, whole.href);
      }
    }
    return document.adoptNode(article);
  }

  /** What ``maps.elements.Panel`` calls: a click or Enter opens the panel, and so does a link; closing it gives the
      focus back. */
  mendmap.panel = (map) => {
    const bench = mendmap.bench(map);
    const permalink = mendmap.permalink(map);
    let chosen = null;
    const unmark = () => chosen && bench.layers.includes(chosen.layer) && light(false);
    const light = (on) => {
      const entry = chosen.layer.features.get(chosen.id);
      if (entry) chosen.layer.light(entry, on, "is-chosen");
      return entry;
    };
    const panel = new mendmap.Panel(bench.frame, () => {
      unmark();
      const marks = [chosen?.marker, ...(chosen?.layer.features.get(chosen.id)?.marks || []).map(({ marker }) => marker)];
      const element = marks.map((marker) => marker?.getElement()).find((each) => each?.isConnected && each.tabIndex >= 0);
      (element || map.getContainer()).focus({ preventScroll: true });
      chosen = null;
      permalink.changed();
    });
    L.DomEvent.disableClickPropagation(panel.element).disableScrollPropagation(panel.element);
    keepFocusInSight(map, panel.element);
    /** What was known of the chosen place in the month that the time slider shows. */
    const tellThen = () => {
      const { month = null, found } = map.mendmapTime || {};
      const document = chosen && found?.get(mendmap.sourceOf(chosen.layer));
      const row = document?.features[chosen.id];
      const none = document && h("p", { class: "missing", text: say("Nothing dated is known of this place.") });
      panel.tellThen(month, row ? mendmap.factList(row, document) : none);
    };
    map.on("timeshown", tellThen);
    /** Tells of a feature of a layer, at a place of the map where one is known; other elements call it. */
    bench.choose = (layer, { id, properties, name = mendmap.nameOf(properties || { id }) }, latlng, marker) => {
      unmark();
      chosen = { layer, id, marker };
      tellOthers(light(true));
      const kind = layer.options.kinds?.[properties?.kind];
      panel.open({ page: layer.options.page + encodeURIComponent(id), name, layer: properties?.layer ?? layer.options.id, properties, kind });
      tellThen();
      mendmap.makeRoom(panel.element);
      if (latlng) intoSight(map, latlng, panel.element);
      permalink.changed();
    };
    /** How many others the chosen place stands for, where it is drawn. */
    const tellOthers = (entry) => {
      const closer = () => {
        const [mark] = entry.marks;
        map.setView(mark ? mark.marker.getLatLng() : middleOf(entry), map.getZoom() + 2, { animate: false });
      };
      panel.tellOthers(entry, closer);
    };
    for (const layer of bench.layers) {
      layer.on("pick", ({ entry, marker }) => bench.choose(layer, entry, marker?.getLatLng(), marker));
      layer.on("drawn", () => chosen?.layer === layer && tellOthers(light(true)));
    }
    document.addEventListener("keydown", (event) => event.key === "Escape" && panel.close());
    permalink.part("open", {
      write: () => chosen && `${chosen.layer.options.id}/${chosen.id}`,
      read: (text) => {
        const [, named, id] = /^([\w-]{1,80})\/([\w.-]{1,200})$/.exec(text) || [];
        const layer = bench.layer(named);
        if (layer && !(chosen?.layer === layer && chosen.id === id)) bench.choose(layer, { id, name: layer.options.name });
      },
    });
  };

  /** The middle of what is drawn of a feature. */
  function middleOf({ pieces }) {
    const boxes = [...pieces.values()].map(({ degrees: [west, south, east, north] }) => L.latLngBounds([south, west], [north, east]));
    return boxes.reduce((all, box) => all.extend(box)).getCenter();
  }

  /** Folds the list of layers where it and a panel together would hide the map. */
  mendmap.makeRoom = (panel) => {
    const list = panel.parentElement.querySelector(".layers[open]");
    if (list && panel.parentElement.clientWidth - panel.offsetWidth - list.offsetWidth < LEAST) list.open = false;
  };

  /** Moves the map so that a place, and its name beside it, are between the list of layers, the tools and the panel. */
  function beside(map, latlng, panel) {
    const list = panel.parentElement.querySelector(".layers[open]");
    const left = list ? list.offsetLeft + list.offsetWidth : 0;
    const room = panel.parentElement.clientWidth - panel.offsetWidth - left;
    map.panInside(latlng, { paddingTopLeft: [left + 40, left ? 40 : UNDER_SEARCH], paddingBottomRight: [panel.offsetWidth + Math.min(190, room / 2), 60] });
  }

  /** Who goes from place to place by keys sees where they are: a symbol with the focus comes out from beneath what
      stands on the map. */
  function keepFocusInSight(map, panel) {
    const container = map.getContainer();
    container.addEventListener("focusin", ({ target }) => {
      if (!target.matches(".leaflet-marker-icon:focus-visible")) return;
      const at = target.getBoundingClientRect();
      const [x, y] = [at.x + at.width / 2, at.y + at.height / 2];
      if (!document.elementFromPoint(x, y)?.closest(".map-side, .panel, .leaflet-control")) return;
      const { left, top } = container.getBoundingClientRect();
      beside(map, map.containerPointToLatLng([x - left, y - top]), panel);
    });
  }

  /** Moves the map so that a place is beside the panel, or above it on a phone. */
  function intoSight(map, latlng, panel) {
    if (mendmap.WIDE.matches) {
      beside(map, latlng, panel);
      return;
    }
    let frame = map.getContainer().getBoundingClientRect();
    if (frame.top > 40 || frame.top < -frame.height / 2) {
      map.getContainer().scrollIntoView({ block: "start", behavior: "instant" });
      frame = map.getContainer().getBoundingClientRect();
    }
    const top = Math.max(0, -frame.top);
    const bottom = Math.max(top + 60, window.innerHeight * 0.38 - frame.top);
    const { y } = map.latLngToContainerPoint(latlng);
    if (y < top + 20 || y > bottom - 20) map.panBy([0, y - (top + bottom) / 2]);
  }
})();
