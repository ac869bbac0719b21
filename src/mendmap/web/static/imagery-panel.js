/* The form with which the reader chooses imagery: what is shown, of which day or of which two, and how much it covers.
   On a phone it is a sheet. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const STEP = 10; // hundredths of opacity
  let made = 0;

  mendmap.ImageryPanel = class {
    /** ``imagery`` is what is chosen on; the button that opens the form stands beneath the list of layers. */
    constructor(imagery) {
      this.imagery = imagery;
      this.button = h("button", { type: "button", class: "imagery-open", "aria-expanded": "false", text: say("Imagery"), on: { click: () => (this.isOpen ? this.close() : this.open()) } });
      imagery.bench.side.append(this.button);
      this._body = h("div", { class: "panel-body imagery-form" });
      const close = h("button", { type: "button", class: "panel-close", "aria-label": say("Close"), text: "✕", on: { click: () => this.close() } });
      const bar = h("div", { class: "panel-bar" }, h("h2", { class: "imagery-title", text: say("Imagery: what the land shows") }), close);
      this.element = h("section", { class: "panel imagery-panel", role: "dialog", "aria-label": say("Imagery"), tabindex: "-1", hidden: true }, bar, this._body);
      this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
      imagery.bench.frame.append(this.element);
      mendmap.sheet(this.element, bar, () => this.close());
      L.DomEvent.disableClickPropagation(this.element).disableScrollPropagation(this.element);
    }

    get isOpen() {
      return !this.element.hidden;
    }

    /** Opens it, and fetches what there is to choose where that is not known yet. */
    async open() {
      mendmap.onlySheet(this.element, () => this.close());
      this.element.hidden = false;
      this.button.setAttribute("aria-expanded", "true");
      mendmap.makeRoom(this.element);
      this.element.focus({ preventScroll: true });
      if (this._select) return;
      this._body.replaceChildren(h("p", { role: "status", text: say("Fetching what there is to see …") }));
      try {
        await this.imagery.ready();
        this._build();
      } catch {
        const again = h("button", { type: "button", class: "button", text: say("Try again"), on: { click: () => this.open() } });
        this._body.replaceChildren(h("p", { role: "alert", text: say("What there is to see could not be fetched.") }), again);
      }
    }

    /** Takes the focus from halves that are no more. */
    focus() {
      (this.isOpen && this._swipe ? this._swipe : this.button).focus({ preventScroll: true });
    }

    close() {
      if (!this.isOpen) return;
      this.element.hidden = true;
      this.button.setAttribute("aria-expanded", "false");
      this.button.focus({ preventScroll: true });
    }

    _build() {
      const { imagery } = this;
      const id = `imagery-${(made += 1)}`;
      const choices = [...imagery.choices.values()];
      const option = ({ id: value, name, ready }) => h("option", { value, text: ready ? name : say("{name}: not computed yet", { name }), disabled: !ready });
      const changes = choices.filter(({ kind }) => kind === "difference");
      this._select = h(
        "select",
        { id, on: { change: () => imagery.show(this._select.value, imagery.day, imagery.left) } },
        h("option", { value: "", text: say("Nothing") }),
        ...choices.filter((each) => !changes.includes(each)).map(option),
        changes.length ? h("optgroup", { label: say("Change from one time to another") }, ...changes.map(option)) : null,
      );
      this._days = { left: this._day("left"), right: this._day("right") };
      this._swipe = h("button", { type: "button", class: "button", on: { click: () => imagery.swipe(!imagery.left) } });
      this._cover = h("input", { type: "range", id: `${id}-cover`, min: 20, max: 100, step: STEP, on: { input: () => imagery.cover(Number(this._cover.value)) } });
      this._covered = h("p", { class: "imagery-cover" }, h("label", { for: this._cover.id, text: say("How much it covers the map") }), this._cover);
      this._how = h("p", { class: "note", text: say("Press a place of the map to read its value; or Enter, while the map has the focus, for the value at its middle.") });
      this._body.replaceChildren(
        h("p", { class: "imagery-what" }, h("label", { for: id, text: say("What is shown") }), this._select),
        this._days.left.element,
        this._days.right.element,
        h("p", {}, this._swipe),
        this._covered,
        this._how,
        ...(choices.every(({ ready }) => ready) ? [] : [h("p", { class: "note", text: say("What is not computed yet cannot be chosen.") })]),
        h("p", { class: "note" }, h("a", { href: mendmap.spoken("/imagery"), text: say("All imagery as a table") })),
      );
      this.update();
    }

    /** The days of one half: a slider that stops at each, and buttons to the one before and after. */
    _day(side) {
      const { imagery } = this;
      const button = (text, label, step) => h("button", { type: "button", class: "time-button", title: label, "aria-label": label, text, on: { click: () => imagery.step(step, side) } });
      const [earlier, later] = [button("‹", say("Earlier picture"), -1), button("›", say("Later picture"), 1)];
      const slider = h("input", { type: "range", min: 0, step: 1 });
      slider.addEventListener("input", () => imagery.step(Number(slider.value) - at(), side));
      const day = () => (side === "left" ? imagery.left : imagery.day);
      const at = () => imagery.choice.days.indexOf(day());
      const date = h("strong", { class: "imagery-date" });
      const head = h("p", { class: "imagery-day-head" });
      const element = h("div", { class: "imagery-day", role: "group" }, head, h("div", { class: "imagery-day-tools" }, earlier, slider, later));
      const update = () => {
        const days = imagery.choice?.days || [];
        element.hidden = !day() || !days.length;
        if (element.hidden) return;
        const name = !imagery.left ? say("Day") : side === "left" ? say("Day on the left") : say("Day on the right");
        date.textContent = mendmap.day(day());
        head.replaceChildren(h("span", { text: name }), date, h("span", { class: "note", text: say("{nth} of {count}", { nth: at() + 1, count: days.length }) }));
        element.setAttribute("aria-label", name);
        slider.max = days.length - 1;
        slider.value = at();
        slider.disabled = days.length < 2;
        slider.setAttribute("aria-label", name);
        slider.setAttribute("aria-valuetext", date.textContent);
        // A button that is disabled loses the focus: these say that they do nothing.
        earlier.setAttribute("aria-disabled", String(at() === 0));
        later.setAttribute("aria-disabled", String(at() === days.length - 1));
      };
      return { element, update };
    }

    /** Says in the form what is chosen now. */
    update() {
      const { choice, left, opacity } = this.imagery;
      this.button.classList.toggle("is-on", Boolean(choice));
      if (!this._select) return;
      this._select.value = choice?.id || "";
      Object.values(this._days).forEach((each) => each.update());
      this._swipe.hidden = !choice || choice.days.length < 2;
      this._swipe.textContent = left ? say("Show one day") : say("Compare two days");
      this._covered.hidden = !choice;
      this._cover.value = opacity;
      this._cover.setAttribute("aria-valuetext", say("{share} %", { share: opacity }));
      this._how.hidden = !choice || choice.kind === "colours" || mendmap.isCopy;
    }
  };
})();
