/* Fetches something once for several. Layers that are parts of one (every layer of sites) are drawn from the same tiles:
   each is fetched once, and given up when nobody waits for it any more. And when to ask again for what did not come. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const waiting = new Map(); // name -> {request, answer, users}
  const AGAIN_MS = [5000, 15000, 60000]; // the last for ever

  /** How long to wait before asking again for what has failed once more after so many ``tries``. */
  mendmap.waitAfter = (tries) => AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)];

  /** What ``fetching(signal)`` resolves to, shared with all who ask for the same ``name`` meanwhile. Rejects where it
      does, or ``signal`` is aborted. */
  mendmap.fetchedOnce = async (name, fetching, signal) => {
    await null; // a view that is replaced in the same breath costs no request
    signal.throwIfAborted();
    if (!waiting.has(name)) {
      const request = new AbortController();
      waiting.set(name, { request, answer: fetching(request.signal), users: 0 });
    }
    const found = waiting.get(name);
    found.users += 1;
    const gone = new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason), { once: true }));
    try {
      return await Promise.race([found.answer, gone]);
    } finally {
      found.users -= 1;
      if (!found.users && waiting.get(name) === found) {
        waiting.delete(name);
        found.request.abort();
      }
    }
  };
})();
