/* Long work in slices short enough that the page answers in between: a queue of generators, each run until it yields
   and the slice is used up. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const SLICE_MS = 10;

  const queue = []; // {steps, signal, done, failed}
  let running = false;

  /** Runs a generator to its end, a slice at a time and after all that was asked for before. Resolves to what it
      returns; rejects where it throws or ``signal`` is aborted meanwhile. */
  mendmap.inSlices = (steps, signal) =>
    new Promise((done, failed) => {
      queue.push({ steps, signal, done, failed });
      if (!running) run();
    });

  async function run() {
    running = true;
    while (queue.length) {
      const end = performance.now() + SLICE_MS;
      while (queue.length && performance.now() < end) step();
      if (queue.length) await pause();
    }
    running = false;
  }

  function step() {
    const { steps, signal, done, failed } = queue[0];
    try {
      signal?.throwIfAborted();
      const { done: finished, value } = steps.next();
      if (!finished) return;
      done(value);
    } catch (error) {
      failed(error);
    }
    queue.shift();
  }

  const pause = () => (window.scheduler?.yield ? window.scheduler.yield() : new Promise((go) => setTimeout(go)));
})();
