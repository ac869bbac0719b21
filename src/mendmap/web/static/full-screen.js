/* A button that lets the map fill the screen, where the browser can do that. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { say } = mendmap;

  /** What ``maps.elements.FullScreen`` calls. */
  mendmap.fullScreen = (map) => {
    if (!document.fullscreenEnabled) return;
    const { frame } = mendmap.bench(map);
    const isFull = () => document.fullscreenElement === frame;
    const button = mendmap.bench(map).tool("fullscreen", say("Fill the screen"), async () => {
      try {
        await (isFull() ? document.exitFullscreen() : frame.requestFullscreen());
      } catch {
        mendmap.notices(map).tell(say("Your browser does not let the map fill the screen."));
      }
    });
    document.addEventListener("fullscreenchange", () => button.setAttribute("aria-pressed", String(isFull())));
    button.setAttribute("aria-pressed", "false");
  };
})();
