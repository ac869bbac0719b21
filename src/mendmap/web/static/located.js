/* Where things are. A page of the service asks the service. A page of a published copy, which names the folder of the copy
   (data-copy) and its edition (data-edition), finds files there: a page by rule, whatever is no page through the
   edition's files.json, which holds the path of each address and is fetched once. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { copy, edition } = document.documentElement.dataset;
  const root = copy === undefined ? null : new URL(`${copy || "."}/`, window.location.href);
  let files = null;

  /** Whether this page is one of a published copy. */
  mendmap.isCopy = root !== null;

  /** The address of a page of the service, such as /sites/x, in the language of this page, where that was chosen. */
  mendmap.spoken = (address) => {
    const [, path, query = "", hash = ""] = /^([^?#]*)(\?[^#]*)?(#.*)?$/.exec(address);
    if (root && path.startsWith("/")) return new URL(`${edition}/${mendmap.language}${path === "/" ? "/index" : path}.html${hash}`, root).href;
    const chosen = new URLSearchParams(window.location.search).get("lang");
    return chosen ? `${path}${query || "?"}${query && "&"}lang=${encodeURIComponent(chosen)}${hash}` : address;
  };

  /** Resolves to the address of what is no page: data, a drawing, an archive. Rejects where a copy does not hold it. */
  mendmap.located = async (address) => {
    if (!root || !address.startsWith("/")) return address;
    const { files: held } = await listed();
    // What is told in words stands there once for each language.
    const path = held[`${address}?lang=${mendmap.language}`] ?? held[address];
    if (!path) throw new Error(`not in this copy: ${address}`);
    return new URL(path, root).href;
  };

  /** Whether features of a layer have a page each: in a copy, those of very large layers have none. */
  mendmap.hasPages = async (layer) => !root || !(await listed()).without_pages.includes(layer);

  /** A link to what is no page; a text where a copy does not hold it. */
  mendmap.linkTo = (address, text) => {
    const link = mendmap.h("a", { href: root ? undefined : address, text });
    if (root) mendmap.located(address).then((found) => (link.href = found), (error) => console.info(error.message));
    return link;
  };

  /** A link to the page of a feature of a layer; a text where it has none. */
  mendmap.linkToPage = (layer, address, text) => {
    const link = mendmap.h("a", { href: mendmap.spoken(address), text });
    mendmap.hasPages(layer).then((has) => has || link.removeAttribute("href"), (error) => console.info(error.message));
    return link;
  };

  function listed() {
    files ||= fetchedJson(new URL(`${edition}/files.json`, root)).catch((error) => {
      files = null; // what failed may be asked for again
      throw error;
    });
    return files;
  }

  async function fetchedJson(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: status ${answer.status}`);
    return answer.json();
  }
})();
