/* Two dates side by side: a second map of the same view lies over the right part of the first, up to a handle that is
   moved by pointer or by keys. The time slider sets the date of the half that is chosen. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const SIDES = ["left", "right"];
  const BACK_YEARS = 5; // how far back the left half begins where the reader is at now

  /** What ``maps.elements.Compare`` calls. */
  mendmap.compare = (map) => {
    const time = map.mendmapTime;
    if (!time) return; // a map of one time alone
    new Compare(map, time);
  };

  class Compare {
    constructor(map, time) {
      Object.assign(this, { map, time, isOpen: false, side: "left", share: 50 });
      this.months = { left: null, right: null };
      // The button first: what a link says opens it.
      const ready = time.ready.then(() => this.offer());
      this._link = mendmap.permalink(map).part("compare", { read: (text) => ready.then(() => this.read(text)), write: () => this.write() });
    }

    /** Puts the button that opens it among those of the slider. */
    offer() {
      this._button = h("button", { type: "button", class: "time-button time-compare", text: say("Compare"), on: { click: () => (this.isOpen ? this.close() : this.open()) } });
      this.time.tools.append(this._button);
    }

    /** What a link says: the two dates and the share of the left half, such as 2020-06,now,50. */
    write() {
      return this.isOpen ? [...SIDES.map((side) => this.months[side] ?? "now"), Math.round(this.share)].join() : null;
    }

    read(text) {
      const found = /^(now|\d{4}-\d\d),(now|\d{4}-\d\d),(\d{1,3})$/.exec(text);
      if (!found) return;
      const [left, right] = found.slice(1, 3).map((each) => (each === "now" ? null : each));
      this.open({ left, right, share: Number(found[3]) });
    }

    /** Opens it; where no dates are given, with what is shown on the left and now on the right. */
    open({ left = this.time.month ?? this._before(), right = null, share = mendmap.Handle.middle(this.map) } = {}) {
      if (this.isOpen) this.close();
      this.isOpen = this.time.comparing = true;
      this.months = { left, right };
      this._build();
      this._mirror();
      this._button.textContent = say("End the comparison");
      this._handle.move(share);
      this._follow = ({ month }) => {
        this.months[this.side] = month;
        this._show(this.side);
      };
      this._show("right");
      this._choose("left", left);
      this._handle.focus();
    }

    close() {
      if (!this.isOpen) return;
      this.isOpen = this.time.comparing = false;
      this.map.off("timechange", this._follow);
      this.map.off("move zoom resize", this._sync, this).off("zoomanim", this._zoom, this).off("layeradd layerremove", this._layers, this).off("moveend", this._trim, this);
      this.time.layers.forEach((layer) => layer.off("drawn", this._trim, this));
      const kept = this.months.left;
      this.map.fire("mirrored", { other: null });
      this.other.remove();
      this._pane.remove();
      this._handle.remove();
      this._heads.remove();
      this.time.frame.classList.remove("is-comparing");
      this.map.getContainer().querySelectorAll(".is-beyond").forEach((each) => each.classList.remove("is-beyond"));
      this._button.textContent = say("Compare");
      this.time.choose(kept);
      this._button.focus({ preventScroll: true });
    }

    /** A month some years ago at which something is known. */
    _before() {
      const year = Number(this.time.today.slice(0, 4)) - BACK_YEARS;
      const { stops } = this.time;
      return (stops.findLast(({ month }) => month < `${year}`) || stops[0]).month;
    }

    _build() {
      const frame = this.time.frame;
      this._pane = h("div", { class: "compare-map" });
      this._handle = new mendmap.Handle(this.map, { moved: (share) => this._moved(share), closed: () => this.close() });
      this._head = Object.fromEntries(SIDES.map((side) => [side, h("button", { type: "button", class: `compare-head compare-${side}`, on: { click: () => this._choose(side, this.months[side]) } })]));
      this._heads = h("div", { class: "compare-heads", role: "group", "aria-label": say("Dates compared; the slider sets the one that is chosen") }, ...Object.values(this._head));
      L.DomEvent.disableClickPropagation(this._heads);
      // In the map, so that its tools stay above both halves.
      this.map.getContainer().append(this._pane, this._heads);
      frame.classList.add("is-comparing");
    }

    /** The second map: it takes no gesture of its own, so that those over it move the first, which it follows. */
    _mirror() {
      const still = { dragging: false, touchZoom: false, doubleClickZoom: false, scrollWheelZoom: false, boxZoom: false, keyboard: false };
      this.other = L.map(this._pane, { ...still, zoomControl: false, attributionControl: false, zoomSnap: 0, maxZoom: this.map.getMaxZoom() });
      this.other.setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
      this.map.fire("mirrored", { other: this.other }); // to those who draw a ground on both
      this.twins = new Map(this.time.layers.map((layer) => [layer, layer.twin()]));
      let due = 0;
      const arrange = () => {
        cancelAnimationFrame(due);
        due = requestAnimationFrame(() => {
          if (!this.isOpen) return;
          mendmap.arrangeLabels(this.other, [...this.twins.values()]);
          this._trim();
        });
      };
      for (const [layer, twin] of this.twins) {
        twin.on("drawn load", arrange);
        twin.on("pick", ({ entry }) => layer.fire("pick", { entry: layer.features.get(entry.id) || entry }));
        layer.on("drawn", this._trim, this);
      }
      this.other.on("moveend", arrange);
      this._layers();
      this.map.on("move zoom resize", this._sync, this).on("zoomanim", this._zoom, this).on("layeradd layerremove", this._layers, this).on("moveend", this._trim, this);
    }

    _sync() {
      this.other.invalidateSize({ pan: false });
      this.other.setView(this.map.getCenter(), this.map.getZoom(), { animate: false });
    }

    _zoom({ center, zoom }) {
      this.other.setView(center, zoom, { animate: true });
    }

    _layers() {
      for (const [layer, twin] of this.twins) {
        if (this.map.hasLayer(layer) !== this.other.hasLayer(twin)) this.other[this.map.hasLayer(layer) ? "addLayer" : "removeLayer"](twin);
      }
    }

    /** Chooses the half that the slider sets, and shows its date. */
    _choose(side, month) {
      this.side = side;
      for (const each of SIDES) this._head[each].setAttribute("aria-pressed", String(each === side));
      this.map.off("timechange", this._follow);
      this.time.choose(month);
      this.map.on("timechange", this._follow);
      this.months[side] = month === null ? null : this.time.month;
      SIDES.forEach((each) => this._show(each));
    }

    /** Draws one half at its date. */
    async _show(side) {
      const month = this.months[side];
      const name = mendmap.timeName(month);
      this._head[side].textContent = name;
      this._head[side].setAttribute("aria-label", side === "left" ? say("Left half: {date}", { date: name }) : say("Right half: {date}", { date: name }));
      this._value();
      const layers = side === "left" ? this.time.layers : [...this.twins.values()];
      try {
        await this.time.showOn(layers, month, () => this.isOpen && this.months[side] === month);
      } catch {
        this._head[side].textContent = say("{date}: could not be fetched", { date: name });
      }
    }

    _moved(share) {
      this.share = share;
      this._value();
      this._trim();
      this._link.changed();
    }

    _value() {
      this._handle.tell(...SIDES.map((side) => mendmap.timeName(this.months[side])));
    }

    /** Symbols that lie under the other half are out of the way of pointers and of the keyboard. */
    _trim() {
      if (!this.isOpen || !this.twins) return;
      const edge = (this.map.getSize().x * this.share) / 100;
      for (const [map, beyond] of [[this.map, (x) => x > edge], [this.other, (x) => x < edge]]) {
        map.eachLayer((layer) => {
          if (layer instanceof L.Marker) layer.getElement()?.classList.toggle("is-beyond", beyond(map.latLngToContainerPoint(layer.getLatLng()).x));
        });
      }
    }
  }
})();
