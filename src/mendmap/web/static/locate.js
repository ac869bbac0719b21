/* Where the reader is. The browser is asked only when the button is pressed, and nothing is sent anywhere. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, say } = mendmap;
  const PATIENCE_MS = 15000;
  const CLOSE = 14;
  const DENIED = 1; // as the Geolocation API numbers errors
  const SLOW = 3;

  /** What ``maps.elements.Locate`` calls. */
  mendmap.locate = (map) => {
    const bench = mendmap.bench(map);
    let mark = null;
    bench.tool("locate", say("Show where I am"), () => {
      mendmap.notices(map).tell(say("Asking your device where it is …"));
      map.locate({ setView: false, timeout: PATIENCE_MS, enableHighAccuracy: true });
    });
    map.on("locationfound", ({ latlng, accuracy }) => {
      mark?.remove();
      mark = L.circle(latlng, { radius: accuracy, className: "here", interactive: false }).addTo(map);
      map.setView(latlng, Math.min(CLOSE, map.getBoundsZoom(latlng.toBounds(4 * accuracy))));
      mendmap.notices(map).tell(counted("You are within {number} metre of the ring's centre.", "You are within {number} metres of the ring's centre.", Math.round(accuracy)));
    });
    map.on("locationerror", ({ code }) => mendmap.notices(map).tell(why(code)));
  };

  function why(code) {
    if (code === DENIED) return say("Your browser may not tell where you are: it was not allowed to.");
    if (code === SLOW) return say("Your device did not find where it is in time.");
    return say("Your device does not know where it is.");
  }
})();
