/* A button that copies the link of what is seen. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;

  /** What ``maps.elements.ShareLink`` calls. */
  mendmap.shareLink = (map) => {
    const bench = mendmap.bench(map);
    bench.tool("link", say("Copy the link of this view"), async () => {
      const { address } = mendmap.permalink(map);
      const notices = mendmap.notices(map);
      try {
        await navigator.clipboard.writeText(address);
        notices.tell(say("The link is copied."));
      } catch {
        // Without a secure address a page may not copy: the reader can.
        const field = h("input", { type: "text", class: "link-field", readonly: true, value: address, "aria-label": say("The link of this view") });
        notices.tell(say("Copy this link:"), field);
        field.select();
      }
    });
  };
})();
