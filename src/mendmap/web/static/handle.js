/* The handle between two halves of a map: a slider that is moved by pointer, by finger or by keys. Where it stands is the
   custom property --share of the map's frame, in hundredths of the width. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const STEP = 5; // hundredths of the width that a key moves it by
  const closing = new WeakMap(); // map -> what closes the halves that it has

  mendmap.Handle = class {
    /** Puts a handle on a map, at whose halves it ends those that were there. ``moved(share)`` follows it;
        ``closed()`` is called where the reader, or other halves, end them, and removes it. */
    constructor(map, { moved, closed }) {
      closing.get(map)?.();
      closing.set(map, closed);
      Object.assign(this, { map, share: 50, _moved: moved });
      const grip = h("span", { class: "compare-grip", "aria-hidden": "true", text: "⇔" });
      this.element = h("div", { class: "compare-handle", role: "slider", tabindex: "0", "aria-label": say("Where the left half ends"), "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": 100 }, grip);
      L.DomEvent.disableClickPropagation(this.element);
      map.getContainer().append(this.element);
      this.element.addEventListener("keydown", (event) => this._key(event, closed));
      this._drag();
    }

    /** Moves it to a share of the width, 0 to 100. */
    move(share) {
      this.share = Math.max(0, Math.min(100, share));
      mendmap.bench(this.map).frame.style.setProperty("--share", `${this.share}%`);
      this.element.setAttribute("aria-valuenow", Math.round(this.share));
      this._moved(this.share);
    }

    /** Says what stands on either side, in words. */
    tell(left, right) {
      this.element.setAttribute("aria-valuetext", say("{share} %: {left} on the left, {right} on the right", { share: Math.round(this.share), left, right }));
    }

    focus() {
      this.element.focus({ preventScroll: true });
    }

    remove() {
      closing.delete(this.map);
      this.element.remove();
    }

    /** The middle of what the list of layers leaves free, in hundredths of the width. */
    static middle(map) {
      const wide = map.getSize().x;
      const list = mendmap.bench(map).frame.querySelector(".layers[open]");
      const left = mendmap.WIDE.matches && list ? list.offsetWidth + 20 : 0;
      return Math.round((50 * (wide + left)) / wide);
    }

    _key(event, closed) {
      const to = { ArrowLeft: this.share - STEP, ArrowRight: this.share + STEP, Home: 0, End: 100 }[event.key];
      if (event.key === "Escape") closed();
      event.stopPropagation(); // the map has keys of its own
      if (to === undefined) return;
      event.preventDefault();
      this.move(to);
    }

    _drag() {
      const drag = (event) => {
        const { left, width } = this.map.getContainer().getBoundingClientRect();
        this.move((100 * (event.clientX - left)) / width);
      };
      this.element.addEventListener("pointerdown", (event) => {
        this.element.setPointerCapture(event.pointerId);
        this.element.addEventListener("pointermove", drag);
      });
      for (const end of ["pointerup", "pointercancel"]) this.element.addEventListener(end, () => this.element.removeEventListener("pointermove", drag));
    }
  };
})();
