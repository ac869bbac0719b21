/* Imagery: what the land itself shows, on a day, beneath what the map draws; or on two days, in two halves. Nothing is
   asked for before the reader opens it. The form with which it is chosen is in imagery-panel.js, what is said of what is
   drawn in imagery-told.js. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const COLOURS = "colours";
  const LINK = /^([\w.-]{1,120})(?:,(\d{4}-\d\d-\d\d))?(?:,(\d{4}-\d\d-\d\d),(\d{1,3}))?$/;
  const LEAST_OPACITY = 20; // hundredths

  /** What ``maps.elements.Imagery`` calls. ``address`` is that of the list of pictures. */
  mendmap.imagery = (map, { address }) => new Imagery(map, address);

  class Imagery {
    constructor(map, address) {
      Object.assign(this, { map, bench: mendmap.bench(map), choices: new Map(), choice: null, day: null, left: null, opacity: 100 });
      this._address = this.bench.service + address;
      this._drawn = [];
      this._other = null; // the second map of a comparison of times
      this.panel = new mendmap.ImageryPanel(this);
      this.told = new mendmap.ImageryTold(this);
      const permalink = mendmap.permalink(map);
      permalink.part("opacity", { read: (text) => /^\d{1,3}$/.test(text) && this.cover(Number(text)), write: () => (this.choice && this.opacity < 100 ? this.opacity : null) });
      this._link = permalink.part("imagery", { read: (text) => this._read(text), write: () => this._written() });
      map.on("mirrored", ({ other }) => {
        this._other = other;
        this._draw();
      });
      map.on("move zoom resize", () => this._clip());
      map.on("timechange", () => this.told.update());
    }

    /** Resolves when it is known what there is to see; asked once, and again where that failed. */
    ready() {
      this._ready ||= this._fetch().catch((error) => {
        this._ready = null;
        throw error;
      });
      return this._ready;
    }

    async _fetch() {
      const answer = await fetch(await mendmap.located(this._address), { headers: { "Accept-Language": mendmap.language } });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const { pictures } = await answer.json();
      this.choices = choicesOf(pictures);
    }

    /** Shows one of the choices, or nothing where there is none of that id: on a day, or on the last before it, or on the
        newest; and on another day in the left half, where one is named. */
    show(id, day = null, left = null, share = null) {
      const choice = [this.choices.get(id)].find((each) => each?.ready) || null;
      const dated = choice?.days.length;
      const at = (wanted) => choice.days.findLast((each) => each <= wanted) || choice.days[0];
      this.choice = choice;
      this.day = dated ? (day ? at(day) : choice.days.at(-1)) : null;
      this.left = dated > 1 && left ? at(left) : null;
      this._halve(share);
      this._draw();
      this._changed();
    }

    /** How much of what lies beneath it a picture covers, in hundredths. */
    cover(opacity) {
      this.opacity = Math.max(LEAST_OPACITY, Math.min(100, opacity));
      this._drawn.forEach((layer) => layer.setOpacity(this.opacity / 100));
      this._changed();
    }

    /** Shows the day ``step`` days further on, of those on which there is a picture, in one half or where it is whole. */
    step(step, side = "right") {
      const { days } = this.choice;
      const to = days[days.indexOf(side === "left" ? this.left : this.day) + step];
      if (to) this.show(this.choice.id, side === "left" ? this.day : to, side === "left" ? to : this.left);
    }

    /** Two days in two halves, the earliest on the left at first; or one. */
    swipe(on) {
      const { id, days } = this.choice;
      if (!on) {
        this.show(id, this.day);
        this.panel.focus();
      } else if (this.day === days[0]) this.show(id, days.at(-1), this.day);
      else this.show(id, this.day, days[0]);
      if (on) this._handle.focus();
    }

    /** The pictures seen at a place of the map. */
    at(latlng) {
      const { x } = this.map.latLngToContainerPoint(latlng);
      const left = this._handle && x < (this.map.getSize().x * this._handle.share) / 100;
      return this.choice?.of(left ? this.left : this.day) || [];
    }

    /** Asks again for what could not be fetched. */
    retry() {
      this._failed = false;
      this._draw();
      this.told.update();
    }

    get failed() {
      return this._failed;
    }

    _halve(share) {
      if (!this.left) {
        this._handle?.remove();
        this._heads?.remove();
        this._handle = this._heads = null;
        this.bench.frame.classList.remove("is-swiping");
        return;
      }
      if (!this._handle) {
        this._heads = h("div", { class: "compare-heads" });
        this._handle = new mendmap.Handle(this.map, { moved: () => this._moved(), closed: () => this.swipe(false) });
        this.map.getContainer().append(this._heads);
        this.bench.frame.classList.add("is-swiping");
        this._handle.move(share ?? mendmap.Handle.middle(this.map));
      } else if (share !== null) this._handle.move(share);
      const head = (side, day) => h("p", { class: `compare-head compare-${side}`, text: mendmap.day(day) });
      this._heads.replaceChildren(head("left", this.left), head("right", this.day));
      this._moved();
    }

    _moved() {
      this._handle?.tell(mendmap.day(this.left), mendmap.day(this.day));
      this._clip();
      this._link.changed();
    }

    _draw() {
      this._drawn.forEach((layer) => layer.remove());
      this._drawn = [];
      this._failed = false;
      for (const map of this.choice ? [this.map, this._other] : []) {
        if (map) this._put(map, "imagery", this.day);
        if (map && this.left) this._put(map, "imagery-left", this.left);
      }
      this.map.getContainer().classList.toggle("has-imagery", this._drawn.length > 0);
      this._clip();
    }

    _put(map, pane, day) {
      const options = { pane: mendmap.groundPane(map, pane), opacity: this.opacity / 100, className: "imagery-tiles" };
      for (const picture of this.choice.of(day)) {
        const layer = mendmap.pictureTiles(picture, this.bench.service, options);
        layer.on("tileerror", () => {
          this._failed = true;
          this.told.update();
        });
        this._drawn.push(layer.addTo(map));
      }
    }

    /** Each picture is seen in its own half. A pane has no size, so the halves are told in its own pixels. */
    _clip() {
      if (!this.map.getPane("imagery-left")) return;
      const size = this.map.getSize();
      const { x: west, y: north } = this.map.containerPointToLayerPoint([0, 0]);
      const [east, south, edge] = [west + size.x, north + size.y, west + (size.x * (this._handle?.share ?? 0)) / 100];
      const box = (from, to) => `polygon(${from}px ${north}px, ${to}px ${north}px, ${to}px ${south}px, ${from}px ${south}px)`;
      this.map.getPane("imagery").style.clipPath = this._handle ? box(edge, east) : "";
      this.map.getPane("imagery-left").style.clipPath = this._handle ? box(west, edge) : "";
    }

    _changed() {
      this.panel.update();
      this.told.update();
      this._link.changed();
    }

    /** What a link says: the choice, its day, or the two days and the share of the left half. */
    _written() {
      if (!this.choice) return null;
      const { id } = this.choice;
      return [id, ...(this.left ? [this.left, this.day, Math.round(this._handle.share)] : this.day ? [this.day] : [])].join();
    }

    async _read(text) {
      const [, id, first, second, share] = LINK.exec(text) || [];
      if (!id || text === this._written()) return;
      try {
        await this.ready();
        this.show(id, second || first, second ? first : null, share ? Number(share) : null);
      } catch {
        this.panel.open(); // which says that it could not be fetched
      }
    }
  }

  /** What can be shown, by id, with what to know of it (``note``) and the days on which there is a picture of it, the earliest first, and ``of(day)``,
      the pictures of one: a place may lie on the edge of two scenes. */
  function choicesOf(pictures) {
    const found = new Map();
    for (const picture of pictures) {
      if (picture.kind === "relief") continue;
      const change = picture.kind === "difference";
      const id = change ? `change.${picture.id}` : picture.kind === "index" ? picture.index : COLOURS;
      if (!found.has(id)) found.set(id, { id, kind: picture.kind, name: nameOf(picture), note: picture.kind === "colours" ? "" : picture.note, legend: picture.legend, ready: false, byDay: new Map() });
      if (!picture.ready) continue;
      found.get(id).ready = true;
      const day = change ? null : picture.taken;
      const { byDay } = found.get(id);
      byDay.set(day, [...(byDay.get(day) || []), picture]);
    }
    for (const choice of found.values()) {
      choice.days = [...choice.byDay.keys()].filter(Boolean).sort();
      choice.of = (day) => choice.byDay.get(day) || [];
    }
    return found;
  }

  const nameOf = ({ kind, name, index_name: index }) => (kind === "colours" ? say("As the eye sees it") : kind === "index" ? index : name);
})();
