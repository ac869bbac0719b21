/* A page of a published copy finds out whether the copy has a newer edition: current.json beside the editions names it.
   Without it, or without JavaScript, the page tells of when it is, as it always does. */
(() => {
  "use strict";
  const { copy, edition } = document.documentElement.dataset;
  const note = document.querySelector(".newer");

  async function look() {
    const found = new URL(`${copy}/current.json`, window.location.href);
    const answer = await fetch(found, { cache: "no-cache" });
    if (!answer.ok) return;
    const current = await answer.json();
    if (current.edition === edition) return;
    const language = current.languages.includes(document.documentElement.lang) ? document.documentElement.lang : current.languages[0];
    note.querySelector("a").href = new URL(`${current.edition}/${language}/index.html`, found).href;
    note.hidden = false;
  }

  // A copy on a disk, or a line that is down, leaves the note away.
  if (copy && note) look().catch(() => {});
})();
