/* How long a way on the map is, in metres and kilometres. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});

  /** What ``maps.elements.Scale`` calls. */
  mendmap.scale = (map) => L.control.scale({ imperial: false }).addTo(map);
})();
