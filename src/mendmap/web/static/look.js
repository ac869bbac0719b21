/* Light or dark: the reader's own choice, if there is one, before anything is drawn; and the button that changes it.
   It is kept where the browser has storage, and lasts for the page where it has none. */
(() => {
  "use strict";
  const KEY = "mendmap.look";
  const DARK = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  function kept() {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null; // storage is turned off
    }
  }

  function keep(look) {
    try {
      window.localStorage.setItem(KEY, look);
    } catch {
      // It lasts as long as the page.
    }
  }

  const isDark = () => (root.classList.contains("is-dark") ? true : root.classList.contains("is-light") ? false : DARK.matches);

  function use(look) {
    root.classList.toggle("is-dark", look === "dark");
    root.classList.toggle("is-light", look === "light");
  }

  use(kept());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".look");
    if (!button) return;
    const tell = () => button.setAttribute("aria-pressed", String(isDark()));
    button.hidden = false;
    button.addEventListener("click", () => {
      const look = isDark() ? "light" : "dark";
      use(look);
      keep(look);
      tell();
    });
    DARK.addEventListener("change", tell);
    tell();
  });
})();
