/* Makes the chart of a series answer: it tells of the reading at the pointer or chosen by the arrow keys, and shows any
   stretch of time, which the server draws. Where the server cannot be reached, its first drawing stays; a published copy
   has no other, which tells of its readings all the same.
   ``mendmap.charts(element)`` does so for every figure in an element, each when it comes into sight. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, svg, say, counted } = mendmap;
  const NEAR = 24; // how far from a reading the pointer may be, in pixels
  const DRAGGED = 8; // what is moved less than this is a click
  const SHORTEST_MS = 3600 * 1000;
  const WIDTHS = [320, 1200]; // that the server draws
  const PAGE = 10; // readings that Page Up and Page Down pass
  // What a qualifier makes of a value.
  const SIGNS = {
    "<": (values) => say("below {value}", values),
    "<=": (values) => say("at most {value}", values),
    ">": (values) => say("above {value}", values),
    ">=": (values) => say("at least {value}", values),
    approx: (values) => say("about {value}", values),
  };

  mendmap.charts = (element) => {
    const seen = new IntersectionObserver(
      (entries) =>
        entries
          .filter((entry) => entry.isIntersecting)
          .forEach(({ target }) => {
            seen.unobserve(target);
            new Chart(target).show();
          }),
      { rootMargin: "200px" },
    );
    element.querySelectorAll("figure[data-series]:not(.is-live)").forEach((figure) => seen.observe(figure));
  };

  class Chart {
    constructor(figure) {
      this.figure = figure;
      this.image = figure.querySelector("img.plot");
      // As the picture is asked for, so is what it is made of.
      this.address = new URL(this.image.src);
      this.address.pathname = this.address.pathname.replace(/\.svg$/, ".chart.json");
      this.at = -1;
    }

    /** Fetches and shows a stretch of time, ``[first, last]`` in milliseconds; all of it where none is given. */
    async show(span) {
      this.request?.abort();
      const request = (this.request = new AbortController());
      this.figure.setAttribute("aria-busy", "true");
      try {
        const address = mendmap.isCopy ? await mendmap.located(`/series/${this.figure.dataset.series}.chart.json`) : this.asked(span);
        const answer = await fetch(address, { signal: request.signal, headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        const told = await answer.json();
        if (this.request === request) this.draw(told, span);
      } catch (error) {
        if (this.request === request && this.stage) this.tell(say("This time could not be fetched; the drawing is as it was."));
      } finally {
        if (this.request === request) this.figure.removeAttribute("aria-busy");
      }
    }

    /** The address of a stretch of time, drawn as wide as it is shown: its letters are as large as the page's. */
    asked(span) {
      const address = new URL(this.address);
      const width = Math.round((this.stage || this.image).getBoundingClientRect().width / 20) * 20;
      address.searchParams.set("width", Math.min(Math.max(width, WIDTHS[0]), WIDTHS[1]));
      if (span) address.searchParams.set("datetime", span.map((each) => new Date(Math.round(each)).toISOString()).join("/"));
      return address;
    }

    draw(told, span) {
      const picture = new DOMParser().parseFromString(told.drawing, "image/svg+xml").documentElement;
      const title = picture.querySelector("title")?.textContent || told.what;
      // Its title would cover the readings as a tooltip, and its ids would stand in the page twice.
      picture.querySelectorAll("title, desc").forEach((each) => each.remove());
      for (const name of ["role", "aria-labelledby", "width", "height"]) picture.removeAttribute(name);
      picture.setAttribute("aria-hidden", "true");
      picture.setAttribute("class", "drawing");
      const first = !this.stage;
      if (first) this.build();
      Object.assign(this, { told, span, at: -1, points: told.points, picture: document.adoptNode(picture) });
      this.whole ??= [Date.parse(told.first), Date.parse(told.last)];
      this.cursor = svg("g", { class: "chart-cursor", visibility: "hidden" }, svg("path", { class: "chart-line" }), svg("circle", { r: 6 }));
      this.picture.append(this.cursor);
      this.stage.replaceChildren(this.picture, this.band);
      const count = this.points.value.length;
      const limits = { "aria-label": title, "aria-valuemin": count ? 1 : 0, "aria-valuemax": count, "aria-valuenow": count ? 1 : 0 };
      Object.entries(limits).forEach(([name, value]) => this.stage.setAttribute(name, value));
      this.stage.setAttribute("aria-valuetext", count ? say("Arrow keys go from reading to reading.") : say("No reading in this time"));
      this.readout.replaceChildren(count ? say("Point at a reading, or use the arrow keys.") : say("No reading in this time"));
      this.words();
      if (!first) this.tell(told.told);
    }

    /** The parts that a chart has beside its picture, once. */
    build() {
      this.figure.classList.add("is-live");
      this.band = h("span", { class: "chart-band", hidden: true });
      this.stage = h("div", { class: "chart-stage", role: "slider", tabindex: "0" });
      this.readout = h("p", { class: "chart-readout" });
      this.status = h("p", { class: "chart-status", role: "status" });
      const button = (text, action, label) => h("button", { type: "button", class: "chart-button", "aria-label": label, title: label, text, on: { click: () => action() } });
      this.reset = button(say("All"), () => this.show(), say("Show all of the time"));
      const tools = h(
        "div",
        { class: "chart-tools", role: "group", "aria-label": say("Time shown") },
        button("◀", () => this.move(-0.5, 1), say("Earlier")),
        button("+", () => this.move(0, 1 / 3), say("A shorter time")),
        button("−", () => this.move(0, 3), say("A longer time")),
        button("▶", () => this.move(0.5, 1), say("Later")),
        this.reset,
      );
      this.image.replaceWith(this.stage);
      this.stage.after(this.readout, ...(mendmap.isCopy ? [] : [tools]), this.status);
      this.listen();
    }

    listen() {
      let begun = null;
      const on = (name, listener) => this.stage.addEventListener(name, listener);
      on("keydown", (event) => this.key(event));
      on("focus", () => this.at < 0 && this.choose(this.points.value.length - 1));
      on("pointerdown", (event) => {
        if (event.button !== 0) return;
        begun = event.pointerType === "touch" || mendmap.isCopy ? null : event.clientX;
        this.near(event);
      });
      on("pointermove", (event) => {
        if (begun === null || !(event.buttons & 1)) return this.near(event);
        if (Math.abs(event.clientX - begun) > DRAGGED) this.mark(begun, event.clientX);
        return undefined;
      });
      const done = (event) => {
        const from = begun;
        begun = null;
        this.band.hidden = true;
        if (from !== null && event.type === "pointerup" && Math.abs(event.clientX - from) > DRAGGED) {
          this.show([this.moment(Math.min(from, event.clientX)), this.moment(Math.max(from, event.clientX))]);
        }
      };
      ["pointerup", "pointercancel", "pointerleave"].forEach((name) => on(name, done));
    }

    key(event) {
      const last = this.points.value.length - 1;
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: PAGE, PageDown: -PAGE, Home: -Infinity, End: Infinity };
      const acts = { "+": () => this.move(0, 1 / 3), "=": () => this.move(0, 1 / 3), "-": () => this.move(0, 3), 0: () => this.show() };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in steps) this.choose(Math.min(last, Math.max(0, (this.at < 0 ? last : this.at) + steps[event.key])));
      else if (event.key in acts && !mendmap.isCopy) acts[event.key]();
      else return;
      event.preventDefault();
    }

    /** Another stretch of time: moved by a share of what is shown, and so many times as long, about the reading chosen
        where there is one in it; never beyond all of it. */
    move(by, times) {
      const [first, last] = this.span || this.whole;
      const length = Math.max((last - first) * times, SHORTEST_MS);
      const chosen = this.at < 0 || by ? (first + last) / 2 : 500 * (this.points.start[this.at] + this.points.end[this.at]);
      const [least, most] = this.whole;
      if (length >= most - least) {
        this.show();
        return;
      }
      const begin = Math.min(Math.max(chosen + by * (last - first) - length / 2, least), most - length);
      this.show([begin, begin + length]);
    }

    /** The moment under a place of the screen. */
    moment(x) {
      const { left, right, first, last } = this.told.plot;
      const box = this.stage.getBoundingClientRect();
      const share = (((x - box.left) / box.width) * this.told.width - left) / (right - left);
      return 1000 * (first + Math.min(Math.max(share, 0), 1) * (last - first));
    }

    /** Chooses the reading nearest to the pointer. */
    near(event) {
      const box = this.stage.getBoundingClientRect();
      const scale = box.width / this.told.width;
      const [x, y] = [(event.clientX - box.left) / scale, (event.clientY - box.top) / scale];
      let [best, least] = [-1, Infinity];
      this.points.x.forEach((at, nth) => {
        // Along time first: few mean to tell apart what stands above one another.
        const far = Math.hypot(at - x, 0.25 * (this.points.y[nth] - y));
        if (far < least) [best, least] = [nth, far];
      });
      if (best >= 0 && (least * scale < NEAR || event.pointerType === "touch")) this.choose(best);
    }

    /** Shows which stretch is being drawn out with the pointer. */
    mark(from, to) {
      const box = this.stage.getBoundingClientRect();
      const inside = (x) => Math.min(Math.max(x, box.left), box.right) - box.left;
      this.band.hidden = false;
      this.band.style.left = `${Math.min(inside(from), inside(to))}px`;
      this.band.style.width = `${Math.abs(inside(to) - inside(from))}px`;
    }

    choose(nth) {
      if (nth < 0 || nth === this.at) return;
      this.at = nth;
      const { x, y } = this.points;
      const { top, bottom } = this.told.plot;
      this.cursor.setAttribute("visibility", "visible");
      this.cursor.querySelector("path").setAttribute("d", `M${x[nth]} ${top}V${bottom}`);
      const ring = this.cursor.querySelector("circle");
      ring.setAttribute("cx", x[nth]);
      ring.setAttribute("cy", y[nth]);
      const { value, time, quality, made, source } = this.reading(nth);
      this.stage.setAttribute("aria-valuenow", nth + 1);
      this.stage.setAttribute("aria-valuetext", [value, time, quality, made, source?.title].filter(Boolean).join(". "));
      const from = source && (/^https?:/.test(source.url || "") ? h("a", { href: source.url, rel: "noopener", text: source.title }) : h("cite", { text: source.title }));
      this.readout.replaceChildren(h("strong", { text: value }), ` ${time}. `, h("span", { text: `${[quality, made].filter(Boolean).join(" ")} ` }), from || "", " ", h("a", { href: this.row(nth), text: say("Its row") }));
    }

    /** A reading in words. */
    reading(nth) {
      const { start, end, value, qualifier, quality, source, samples } = this.points;
      const amount = `${mendmap.number(value[nth])}${this.told.unit ? ` ${this.told.unit}` : ""}`;
      return {
        value: SIGNS[qualifier[nth]]?.({ value: amount }) || amount,
        time: mendmap.hours(1000 * start[nth], 1000 * end[nth]),
        quality: this.told.qualities[quality[nth]] || quality[nth],
        made: samples?.[nth] != null && counted("Made of {number} value.", "Made of {number} values.", samples[nth]),
        source: this.told.sources[source[nth]],
      };
    }

    /** The address of the table with a reading. */
    row(nth) {
      if (mendmap.isCopy) return mendmap.spoken(`/series/${this.figure.dataset.series}#readings`);
      const moments = [this.points.start[nth], this.points.end[nth]].map((each) => new Date(1000 * each).toISOString());
      return this.file("", moments[0] === moments[1] ? moments[0] : moments.join("/"), "#readings");
    }

    file(ending, datetime, hash = "") {
      const address = new URL(this.address);
      address.pathname = address.pathname.replace(/\.chart\.json$/, ending);
      if (datetime) address.searchParams.set("datetime", datetime);
      if (ending === ".csv" || ending === ".json") address.searchParams.delete("lang");
      return `${address.pathname}${address.search}${hash}`;
    }

    /** Words and links under the chart are of the time that is shown. */
    words() {
      const told = this.figure.querySelector(".chart-told");
      if (told) told.textContent = this.told.told;
      this.figure.querySelector(".chart-words ul")?.replaceChildren(...this.told.words.map((text) => h("li", { text })));
      const datetime = this.span && this.span.map((each) => new Date(Math.round(each)).toISOString()).join("/");
      for (const link of mendmap.isCopy ? [] : this.figure.querySelectorAll("a[data-file]")) link.href = this.file(`.${link.dataset.file}`, datetime);
      this.reset.disabled = !this.span;
    }

    tell(text) {
      this.status.textContent = text;
    }
  }

  mendmap.charts(document);
})();
