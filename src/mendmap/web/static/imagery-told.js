/* What is said on the map of the imagery that it shows: what it is, of which day, by which colours, and whose; and the
   value at a place that the reader asks for. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say, svg } = mendmap;
  const PATIENCE_MS = 10000;
  let made = 0;

  mendmap.ImageryTold = class {
    constructor(imagery) {
      this.imagery = imagery;
      const { map } = imagery;
      this.element = h("section", { class: "imagery-told", "aria-label": say("Imagery shown"), hidden: true });
      this._value = h("p", { class: "imagery-value", role: "status" });
      L.DomEvent.disableClickPropagation(this.element).disableScrollPropagation(this.element);
      const control = L.control({ position: "bottomleft" });
      control.onAdd = () => this.element;
      control.addTo(map);
      map.on("click", ({ latlng }) => this._asks && this.ask(latlng));
      map.getContainer().addEventListener("pointerdown", () => map.getContainer().classList.add("is-pointed"));
      map.getContainer().addEventListener("keydown", (event) => {
        map.getContainer().classList.remove("is-pointed");
        if (event.key === "Enter" && event.target === map.getContainer() && this._asks) this.ask(map.getCenter());
      });
    }

    /** Whether what is shown has values that can be asked for: colours have none, and a copy has nobody to answer. */
    get _asks() {
      return this.imagery.choice && this.imagery.choice.kind !== "colours" && !mendmap.isCopy;
    }

    /** Says what is shown now. */
    update() {
      const { choice, day, left, map } = this.imagery;
      const now = choice && [choice.id, day, left].join();
      if (now !== this._about) this._forget();
      this._about = now;
      this.element.hidden = !choice;
      map.getContainer().classList.toggle("has-values", Boolean(this._asks));
      if (!choice) return;
      const hide = h("button", { type: "button", class: "notice-close", "aria-label": say("Hide the imagery"), text: "✕", on: { click: () => this._hide() } });
      this.element.replaceChildren(
        h("div", { class: "imagery-head" }, h("p", { class: "imagery-name" }, h("strong", { text: choice.name }), " ", h("span", { class: "imagery-when", text: when(this.imagery) })), hide),
        ...(choice.legend?.entries?.length ? [scale(choice.legend)] : []),
        this._value,
        ...this._against(),
        ...(this.imagery.failed ? [this._sorry()] : []),
        this._more([choice.note, ...(choice.legend?.notes || []), sources(this.imagery)].filter(Boolean)),
      );
    }

    /** What is to be known beside: folded on a phone, where the map has little room. */
    _more(texts) {
      const open = this._unfolded ?? mendmap.WIDE.matches;
      const folded = h("details", { class: "imagery-more", open, on: { toggle: () => (this._unfolded = folded.open) } }, h("summary", { text: say("How to read it, source and terms") }), ...texts.map((text) => h("p", { class: "note", text })));
      return folded;
    }

    _hide() {
      this.imagery.show(null);
      this.imagery.panel.button.focus({ preventScroll: true });
    }

    _sorry() {
      const again = h("button", { type: "button", class: "button", text: say("Try again"), on: { click: () => this.imagery.retry() } });
      return h("p", { role: "alert" }, say("Some of the imagery could not be fetched."), " ", again);
    }

    /** Where the map shows another month than the picture is of, it says so, and offers the picture that fits. */
    _against() {
      const { choice, day, left, map } = this.imagery;
      const month = map.mendmapTime?.month ?? null;
      if (month === null || left || !day || day.startsWith(month)) return [];
      const fit = choice.days.findLast((each) => each.slice(0, 7) <= month);
      const told = h("p", { class: "imagery-against", text: say("The map shows {month}, the picture {day}.", { month: mendmap.month(month), day: mendmap.day(day) }) });
      if (!fit || fit === day) return [told];
      return [told, h("p", {}, h("button", { type: "button", class: "button", text: say("Show the picture of {day}", { day: mendmap.day(fit) }), on: { click: () => this.imagery.show(choice.id, fit) } }))];
    }

    /** Asks for the value at a place, and says it where it is, and to those who hear. */
    async ask(latlng) {
      const { choice, map } = this.imagery;
      const pictures = this.imagery.at(latlng);
      this._forget();
      this._request = new AbortController();
      const { signal } = this._request;
      const timer = setTimeout(() => this._request?.abort("slow"), PATIENCE_MS);
      this._mark = L.circleMarker(latlng, { radius: 7, className: "imagery-mark", interactive: false, pane: "popupPane" }).addTo(map);
      this._value.textContent = say("Asking for the value …");
      let known, told;
      try {
        const answers = await Promise.all(pictures.map(({ id }) => this._at(id, latlng, signal)));
        known = answers.find(({ value }) => value !== null);
        told = known ? said(choice, known) : answers.map(({ reason }) => reason).find(Boolean) || say("At this place there is no value.");
      } catch {
        told = say("The value could not be fetched.");
      } finally {
        clearTimeout(timer);
      }
      if (this._request?.signal !== signal) return;
      this._value.textContent = told;
      // Beside the place the value alone: where a sheet lies over the card, it is still seen.
      this._mark.bindTooltip(h("span", { text: known ? amountOf(known.value, choice.legend) : say("no value"), "aria-hidden": "true" }), { permanent: true, direction: "top", opacity: 1, pane: "popupPane", className: "imagery-tip" });
    }

    async _at(id, { lat, lng }, signal) {
      const { service } = this.imagery.bench;
      const answer = await fetch(`${service}/rasters/${encodeURIComponent(id)}/point?lon=${lng.toFixed(6)}&lat=${lat.toFixed(6)}`, { signal, headers: { "Accept-Language": mendmap.language } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer.json();
    }

    _forget() {
      this._request?.abort();
      this._request = null;
      this._mark?.remove();
      this._value.textContent = "";
    }
  };

  const amountOf = (value, legend) => [mendmap.number(value, { maximumFractionDigits: 2 }), legend?.unit].filter(Boolean).join(" ");

  /** A value in words: how much, what in the key it is nearest to, and what the scene itself takes the place to be. */
  function said({ name, legend }, { value, ground }) {
    const amount = amountOf(value, legend);
    const like = nearest(legend, value);
    const told = like ? say("{name}: {amount} at this place, near “{word}”.", { name, amount, word: like }) : say("{name}: {amount} at this place.", { name, amount });
    return ground ? [told, say("Seen there: {ground}.", { ground: ground.replace(/\.$/, "") })].join(" ") : told;
  }

  /** Of when it is, in words. */
  function when({ choice, day, left }) {
    if (left) return say("{left} on the left, {right} on the right", { left: mendmap.day(left), right: mendmap.day(day) });
    if (day) return mendmap.day(day);
    const [{ before, after }] = choice.of(null);
    return say("before: {before}; after: {after}", { before: spanned(before), after: spanned(after) });
  }

  /** A day, month or year, or from one to another, as the catalogue writes them. */
  function spanned(text) {
    const [begin, end] = String(text).split("/").map((each) => (each.length === 10 ? mendmap.day(each) : each.length === 7 ? mendmap.month(each) : each));
    return end ? say("{begin} to {end}", { begin, end }) : begin;
  }

  /** Whose pictures are shown, and on which terms. */
  function sources({ choice, day, left }) {
    const told = [...new Set([...choice.of(left), ...choice.of(day)].map(source))];
    return told.join(" ");
  }

  const source = ({ source: from, licence, attribution }) => {
    const name = from?.title || from || attribution || "";
    return licence ? say("Source: {source}. Licence: {licence}.", { source: name, licence }) : say("Source: {source}.", { source: name });
  };

  /** The word of the legend's entry that is nearest to a value. */
  function nearest(legend, value) {
    const worded = (legend?.entries || []).filter(({ label, value: at }) => label && typeof at === "number");
    if (!worded.length) return "";
    return worded.reduce((best, each) => (Math.abs(each.value - value) < Math.abs(best.value - value) ? each : best)).label;
  }

  /** The colours from the lowest value to the highest, with the words and values of those that have one. */
  function scale({ entries, unit }) {
    const [low, high] = [entries[0].value, entries.at(-1).value];
    const id = `imagery-colours-${(made += 1)}`;
    const share = (value) => (100 * (value - low)) / (high - low);
    const stops = entries.map(({ value, color }) => svg("stop", { offset: `${share(value)}%`, "stop-color": color }));
    const worded = entries.filter(({ label }, nth) => label || nth === 0 || nth === entries.length - 1);
    const said = worded.map(({ value, label }) => {
      return h("li", {}, ...(label ? [h("span", { text: label })] : []), h("span", { class: "imagery-number", text: amountOf(value, { unit }) }));
    });
    return h(
      "div",
      { class: "imagery-scale" },
      svg("svg", { class: "imagery-colours", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" }, svg("linearGradient", { id }, ...stops), svg("rect", { width: 100, height: 8, fill: `url(#${id})` })),
      h("ul", {}, ...said),
    );
  }
})();
