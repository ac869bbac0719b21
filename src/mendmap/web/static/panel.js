/* The panel that tells of one feature: the article of the feature's own page, fetched when it is asked for. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h } = mendmap;
  const PATIENCE_MS = 15000;

  mendmap.Panel = class {
    /** ``frame`` is the element that holds the map; ``closed`` is called when the reader closes the panel. */
    constructor(frame, closed) {
      this._closed = closed;
      this._body = h("div", { class: "panel-body" });
      this._full = h("a", { class: "panel-full", text: "Open its own page" });
      const close = h("button", { type: "button", class: "panel-close", "aria-label": "Close", text: "✕", on: { click: () => this.close() } });
      const bar = h("div", { class: "panel-bar" }, this._full, close);
      this.element = h("section", { class: "panel", role: "dialog", "aria-label": "About this place", tabindex: "-1", hidden: true }, bar, this._body);
      mendmap.sheet(this.element, bar, () => this.close());
      this.element.addEventListener("keydown", (event) => {
        if (event.key === "Escape") this.close();
      });
      frame.append(this.element);
    }

    get isOpen() {
      return !this.element.hidden;
    }

    /** Shows the article of a page. Only the last one asked for is shown. */
    async open({ page, name }) {
      this._request?.abort();
      const request = (this._request = new AbortController());
      const timer = setTimeout(() => request.abort("slow"), PATIENCE_MS);
      this._full.href = page;
      this.element.setAttribute("aria-label", name);
      this._body.replaceChildren(h("p", { class: "panel-wait", role: "status", text: `Fetching what is known of ${name} …` }));
      this.element.hidden = false;
      this.element.setAttribute("aria-busy", "true");
      this.element.focus({ preventScroll: true });
      try {
        const answer = await fetch(page, { signal: request.signal, headers: { Accept: "text/html" } });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        const article = articleOf(await answer.text());
        if (this._request === request) {
          this._body.replaceChildren(article);
          mendmap.charts(article);
        }
      } catch {
        if (this._request === request) this._sorry({ page, name });
      } finally {
        clearTimeout(timer);
        if (this._request === request) this.element.removeAttribute("aria-busy");
      }
      this.element.scrollTop = 0;
    }

    _sorry(feature) {
      const again = h("button", { type: "button", class: "button", text: "Try again", on: { click: () => this.open(feature) } });
      this._body.replaceChildren(h("p", { role: "status", text: `What is known of ${feature.name} could not be fetched.` }), again);
    }

    close() {
      if (!this.isOpen) return;
      this._request?.abort();
      this._request = null;
      this.element.hidden = true;
      this._closed();
    }
  };

  /** The article of a page, its headings one level lower: the map's page has a first heading of its own. */
  function articleOf(text) {
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
    return document.adoptNode(article);
  }
})();
