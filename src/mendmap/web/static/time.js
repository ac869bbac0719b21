/* The time slider: it stops where something is known, and the map shows what was there then and what was known of it.
   It begins at now. What is asked for is fetched a month at a time; the same stands in a table, and is announced. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, h, say } = mendmap;
  const STEP_MS = 1000; // one stop while it plays
  const YEAR = 12; // months that Page Up and Page Down pass over
  const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");

  /** What ``maps.elements.TimeSlider`` calls. */
  mendmap.timeSlider = (map) => {
    const time = (map.mendmapTime = new Time(map));
    time.frame.classList.add("has-time");
    map.invalidateSize({ pan: false });
    // The map comes first.
    const idle = window.requestIdleCallback || ((call) => setTimeout(call, 300));
    time.started = new Promise((done) => map.whenReady(() => idle(() => done(time.start()), { timeout: 3000 })));
  };

  class Time {
    constructor(map) {
      const { frame, layers, service } = mendmap.bench(map);
      Object.assign(this, { map, frame, layers });
      this.sources = [...new Set(layers.map(mendmap.sourceOf))];
      this.dated = new mendmap.Dated(service);
      this.month = null; // null is now
      this.found = null; // what was known in that month, by source, once it has been fetched
      this.stops = [];
      this.today = new Date().toISOString().slice(0, 7);
      this._tries = 0; // in a row that failed
      this._ready = new Promise((resolve) => (this._resolve = resolve));
      this._link = mendmap.permalink(map).part("time", {
        read: (text) => /^(now|\d{4}-\d\d)$/.test(text) && this.ready.then(() => this.choose(text === "now" ? null : text)),
        write: () => (this.comparing ? null : this.month),
      });
    }

    /** Resolves when the stops are known; never where nothing is dated. */
    get ready() {
      return this._ready;
    }

    /** Asks for the stops and offers them; where nothing is dated the map is without a slider. */
    async start() {
      try {
        const months = await this.dated.months(this.sources);
        this.stops = months.filter(({ month }) => month <= this.today);
      } catch {
        this._sorry(say("The dates of what is known could not be fetched."), () => this.start());
        return;
      }
      this._well();
      if (!this.stops.length) {
        this.map.mendmapTime = null;
        this.frame.classList.remove("has-time"); // whose map has the room
        return;
      }
      this._build();
      this._resolve();
    }

    /** Shows a month, or now where it is null; one at which nothing is known becomes the last before it. */
    async choose(month) {
      clearTimeout(this._again); // for what the reader has left
      const stop = month === null ? null : this.stops.findLast((each) => each.month <= month) || this.stops[0];
      this.month = stop?.month ?? null;
      this._tell();
      this._link.changed();
      this.map.fire("timechange", { month: this.month });
      // What dates in the tiles tell is shown at once.
      const wanted = this.month;
      if (wanted === null || this._shown === null || this._shown === undefined) this._show(wanted, null);
      if (wanted === null) {
        this._announce(say("The map shows what is known now."), null);
        return true;
      }
      try {
        const found = await this.dated.values(this.sources, wanted);
        if (this.month !== wanted) return false;
        this._show(wanted, found);
        this._announce(summary(found, wanted), found);
        return true;
      } catch {
        if (this.month !== wanted) return false;
        this._show(wanted, null);
        this.pause();
        this._sorry(say("What was known in {month} could not be fetched.", { month: mendmap.month(wanted) }), () => this.choose(wanted));
        return false;
      }
    }

    /** Shows on some layers a month, or now with what was last known, while ``still()``: halves of a comparison. */
    async showOn(layers, month, still) {
      const found = await this.dated.values(this.sources, month ?? this.stops.at(-1).month);
      if (!still()) return;
      for (const layer of layers) mendmap.showMonth(layer, month ?? this.today, found.get(mendmap.sourceOf(layer)), month === null);
    }

    _show(month, found) {
      this._shown = month;
      this.found = found;
      this.map.fire("timeshown");
      if (this.comparing) return; // which draws each half itself
      const now = month === null;
      for (const layer of this.layers) mendmap.showMonth(layer, month, now ? null : (found?.get(mendmap.sourceOf(layer)) ?? null));
    }

    /** The place among the stops; now is after the last. */
    get at() {
      return this.month === null ? this.stops.length : this.stops.findIndex(({ month }) => month === this.month);
    }

    go(to) {
      this.pause();
      return this._go(to);
    }

    _go(to) {
      const at = Math.max(0, Math.min(this.stops.length, to));
      return this.choose(at === this.stops.length ? null : this.stops[at].month);
    }

    play() {
      if (CALM.matches) return;
      this.playing = true;
      this._tell();
      const next = async (to) => {
        const shown = this._go(to);
        this._timer = setTimeout(async () => {
          await shown;
          if (!this.playing) return;
          if (to < this.stops.length) next(to + 1);
          else this.pause();
        }, STEP_MS);
        if (to + 1 < this.stops.length) this.dated.values(this.sources, this.stops[to + 1].month).catch(() => null);
      };
      next(this.at === this.stops.length ? 0 : this.at + 1);
    }

    pause() {
      clearTimeout(this._timer);
      if (!this.playing) return;
      this.playing = false;
      this._tell();
      if (this._said) this._announce(...this._said);
    }

    _build() {
      const scale = (this._scale = mendmap.stripScale(this.stops));
      const button = (name, text, label, press) => h("button", { type: "button", class: `time-button time-${name}`, title: label, "aria-label": label, text, on: { click: press } });
      this._date = h("strong", { class: "time-date" });
      this._status = h("p", { class: "time-told", role: "status" });
      this._slider = h("input", { type: "range", class: "time-slider", min: 0, max: scale.size * 2, step: 1, "aria-label": say("Date that the map shows") });
      this._play = button("play", "▶", say("Play"), () => (this.playing ? this.pause() : this.play()));
      this._play.hidden = CALM.matches;
      CALM.addEventListener("change", () => {
        this.pause();
        this._play.hidden = CALM.matches;
      });
      this.tools = h("span", { class: "time-tools" }, button("earlier", "‹", say("Earlier"), () => this.go(this.at - 1)), this._play, button("later", "›", say("Later"), () => this.go(this.at + 1)), button("now", say("Now"), say("Back to now"), () => this.go(this.stops.length)));
      this._body = h("div", { class: "time-body", id: "time-body" }, this.tools, h("div", { class: "time-track" }, mendmap.timeStrip(this.stops, scale), this._slider));
      this._toggle = h("button", { type: "button", class: "time-toggle", "aria-controls": "time-body", on: { click: () => this._open(this._body.hidden) } }, h("span", { class: "time-name", text: say("Time:") }), this._date);
      this.element = h("section", { class: "time", "aria-label": say("Time") }, h("div", { class: "time-head" }, this._toggle, this._status), this._body);
      this._open(mendmap.WIDE.matches);
      this._listen();
      L.DomEvent.disableClickPropagation(this.element).disableScrollPropagation(this.element);
      this.frame.append(this.element);
      this.twin = new mendmap.DatedTwin(this);
      this._tell();
    }

    _open(open) {
      this._body.hidden = !open;
      this._toggle.setAttribute("aria-expanded", String(open));
    }

    _listen() {
      const keys = {
        ArrowRight: () => this.at + 1, ArrowUp: () => this.at + 1, ArrowLeft: () => this.at - 1, ArrowDown: () => this.at - 1,
        Home: () => 0, End: () => this.stops.length, PageUp: () => this._year(1), PageDown: () => this._year(-1),
      };
      this._slider.addEventListener("keydown", (event) => {
        if (!keys[event.key]) return;
        event.preventDefault();
        this.go(keys[event.key]());
      });
      // Drawn by a finger, it goes to the nearest stop; moved by a step, as screen readers do, to the next one.
      this._slider.addEventListener("input", () => {
        const to = this._nearest(this._slider.value / 2);
        this.go(to === this.at ? to + Math.sign(this._slider.value - this._value()) : to);
      });
      // Between two stops the thumb goes back to where the map is.
      this._slider.addEventListener("change", () => this._tell());
      document.addEventListener("keydown", (event) => event.key === "Escape" && this.pause());
    }

    _unit(at) {
      return at === this.stops.length ? this._scale.now : this._scale.at(this.stops[at].month) + 0.5;
    }

    _value() {
      return Math.round(2 * this._unit(this.at));
    }

    _nearest(unit) {
      const off = [...this.stops.keys(), this.stops.length].map((at) => Math.abs(this._unit(at) - unit));
      return off.indexOf(Math.min(...off));
    }

    /** The stop that is a year or more from this one, or the last in that direction. */
    _year(way) {
      const months = (text) => 12 * Number(text.slice(0, 4)) + Number(text.slice(5, 7));
      const here = months(this.month ?? this.today);
      const far = this.stops.map(({ month }, at) => ({ at, off: way * (months(month) - here) })).filter(({ off }) => off >= YEAR);
      if (!far.length) return way > 0 ? this.stops.length : 0;
      return way > 0 ? far[0].at : far.at(-1).at;
    }

    /** The date on the slider, in words. */
    _tell() {
      const name = mendmap.timeName(this.month);
      this._date.textContent = name;
      this._slider.value = this._value();
      this._slider.setAttribute("aria-valuetext", name);
      this._play.textContent = this.playing ? "❚❚" : "▶";
      this._play.setAttribute("aria-label", this.playing ? say("Pause") : say("Play"));
      this._play.title = this._play.getAttribute("aria-label");
      this.frame.classList.toggle("is-then", this.month !== null);
    }

    /** Says what is shown, once it stays: not every stop of what is played. */
    _announce(text, found) {
      this._said = [text, found];
      this._well();
      this._status.textContent = this.playing ? "" : text;
      if (!this.playing) this.twin.show(this.month, found);
    }

    /** Says what could not be fetched, once, and asks again after a while; a button does so at once. */
    _sorry(text, retry) {
      clearTimeout(this._again);
      this._again = setTimeout(retry, mendmap.waitAfter(this._tries++));
      if (this._trouble?.firstChild.textContent === text) return;
      this._trouble?.remove();
      const again = h("button", { type: "button", class: "button", text: say("Try again"), on: { click: () => (this._well(), retry()) } });
      this._trouble = h("div", { class: "notice notice-time", role: "alert" }, h("span", { text }), again);
      (this.element || this.frame).append(this._trouble);
    }

    _well() {
      clearTimeout(this._again);
      this._tries = 0;
      this._trouble?.remove();
      this._trouble = null;
    }
  }

  /** A month as a slider names it: null is now. */
  mendmap.timeName = (month) => (month === null ? say("Now") : mendmap.month(month));

  /** What is known in a month, in a few words. */
  function summary(found, month) {
    const rows = new Map([...found.values()].flatMap(({ features }) => Object.entries(features)));
    const ids = (kind) => new Set([...rows.values()].flatMap((row) => (row[kind] || []).map((each) => each.id || each.series))).size;
    const states = [...rows.values()].filter((row) => row.states).length;
    const parts = [
      states && counted("{number} place whose state is told", "{number} places whose state is told", states),
      ids("works") && counted("{number} work begun", "{number} works begun", ids("works")),
      ids("readings") && counted("readings of {number} series", "readings of {number} series", ids("readings")),
    ].filter(Boolean);
    const left = [...found.values()].reduce((sum, { omitted }) => sum + omitted, 0);
    if (left) parts.push(counted("{number} place more is left out here", "{number} places more are left out here", left));
    if (!parts.length) return say("{month}: nothing is known of these places.", { month: mendmap.month(month) });
    return say("{month}: {facts}.", { month: mendmap.month(month), facts: parts.join("; ") });
  }
})();
