/* What the reader sees, in the address: "#view=44.07,22.1,12&layers=lakes,stations&open=lakes/mirror". Each
   element writes and reads a part of its own; what is as it was first is left out, and nonsense is passed over. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const LONGEST = 2000;
  const PAUSE_MS = 300; // browsers refuse an address that changes too often
  const FAR_DOWN = 0.3; // of the window's height
  const links = new WeakMap(); // map -> Permalink

  /** The link of a map. */
  mendmap.permalink = (map) => {
    if (!links.has(map)) links.set(map, new Permalink(map));
    return links.get(map);
  };

  class Permalink {
    constructor(map) {
      this._map = map;
      this._parts = new Map(); // name -> {read, write}
      this._given = parsed();
      if (this._given.size) sameInOthers(window.location.hash);
      window.addEventListener("hashchange", () => this._read());
      // Who follows a link to a view is to see it, wherever on the page the map stands.
      const { frame } = mendmap.bench(map);
      if (this._given.size && frame.getBoundingClientRect().top > window.innerHeight * FAR_DOWN) frame.scrollIntoView({ block: "start", behavior: "instant" });
    }

    /** A part of the link: ``read(text)`` takes up what an address says, at once and whenever another is given;
        ``write()`` says what to put there, null for nothing. */
    part(name, { read, write }) {
      this._parts.set(name, { read, write });
      if (this._given.has(name)) this._take(name);
      return this;
    }

    /** Something changed that a part tells of. */
    changed() {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._write(), PAUSE_MS);
    }

    /** The address of what is seen now, in the language of the page. */
    get address() {
      const address = new URL(window.location.href);
      // Pages of the service speak the language that their address names; a notebook has but one, and so has each page
      // of a copy.
      if (!mendmap.bench(this._map).service && !mendmap.isCopy) address.searchParams.set("lang", mendmap.language);
      address.hash = this._text();
      return address.href;
    }

    _text() {
      const said = [...this._parts].map(([name, { write }]) => [name, write()]).filter(([, text]) => text !== null && text !== undefined);
      // Commas and slashes may stand in a hash as they are.
      return said.map(([name, text]) => `${name}=${encodeURIComponent(text).replace(/%2C/g, ",").replace(/%2F/g, "/").replace(/%3A/g, ":")}`).join("&");
    }

    _write() {
      const text = this._text();
      sameInOthers(text);
      const { pathname, search, hash } = window.location;
      if (hash.slice(1) === text || (!text && !hash.includes("="))) return;
      try {
        window.history.replaceState(null, "", `${pathname}${search}${text && `#${text}`}`);
      } catch {
        // A frame without an address of its own has none to change.
      }
    }

    _read() {
      this._given = parsed();
      for (const name of this._parts.keys()) if (this._given.has(name)) this._take(name);
    }

    _take(name) {
      try {
        this._parts.get(name).read(this._given.get(name));
      } catch (error) {
        console.info(`the address says what ${name} cannot be`, error);
      }
    }
  }

  /** The links to the page in its other languages lead to the same view. */
  const sameInOthers = (hash) => document.querySelectorAll(".switches a").forEach((each) => (each.hash = hash));

  function parsed() {
    const hash = window.location.hash.slice(1);
    return new Map(hash.includes("=") && hash.length <= LONGEST ? new URLSearchParams(hash) : []);
  }
})();
