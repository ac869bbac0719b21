/* How a feature is drawn: as its layer is, or as its class, where the map tells the layer's features apart. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const MONTH_DAYS = 31;
  const YEAR_DAYS = 366;
  const DAY_MS = 86400000;

  /** What each of ``maps.model.CLASSED`` says of a feature, by its properties in a tile. */
  const VALUES = {
    kind: ({ kind }) => kind,
    basis: ({ basis }) => basis,
    status: ({ status }) => status,
    trust: ({ state_trust: trust }) => trust || "none",
    verdict: ({ exceeds, undecidable, within }) => (exceeds ? "exceeds" : undecidable ? "undecidable" : within ? "within" : "none"),
    freshness: ({ newest_reading: newest }) => {
      if (!newest) return "none";
      const days = (Date.now() - new Date(newest)) / DAY_MS;
      return days <= MONTH_DAYS ? "month" : days <= YEAR_DAYS ? "year" : "older";
    },
  };

  /** The colour, shape and word of a feature of a layer with these options; the word is blank where it has no class. */
  mendmap.styleOf = ({ by, classes, color, shape }, properties) => {
    const value = VALUES[by]?.(properties);
    const found = (classes || []).find((each) => each.value === value);
    return { color: found?.color || color, shape: found?.shape || shape, word: found?.name || "" };
  };
})();
