/* Fetches JSON for several at a time. Layers that are parts of one (every layer of sites) are drawn from the same tiles:
   each is fetched once, and given up when nobody waits for it any more. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const waiting = new Map(); // address -> {request, answer, users}

  /** The JSON at an address. Rejects where it does not come whole, or ``signal`` is aborted. */
  mendmap.fetchedOnce = async (url, signal) => {
    await null; // a view that is replaced in the same breath costs no request
    signal.throwIfAborted();
    if (!waiting.has(url)) waiting.set(url, asked(url));
    const found = waiting.get(url);
    found.users += 1;
    const gone = new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason), { once: true }));
    try {
      return await Promise.race([found.answer, gone]);
    } finally {
      found.users -= 1;
      if (!found.users && waiting.get(url) === found) {
        waiting.delete(url);
        found.request.abort();
      }
    }
  };

  function asked(url) {
    const request = new AbortController();
    const answer = fetch(url, { signal: request.signal }).then((found) => {
      if (!found.ok) throw new Error(`${url}: status ${found.status}`);
      return found.json();
    });
    return { request, answer, users: 0 };
  }
})();
