/* Says the messages of scripts in the page's language. ``mendmap.messages``, where a page has loaded it, holds them by
   what they are in English, in which they stand in the scripts. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const SOURCE = "en";
  // The forms of number, in gettext's order, among those that a language has.
  const FORMS = ["zero", "one", "two", "few", "many", "other"];

  mendmap.language = document.documentElement.lang || SOURCE;
  const zone = document.documentElement.dataset.zone || "UTC";
  // English is written as in Great Britain, day before month.
  const locale = mendmap.language === SOURCE ? "en-GB" : mendmap.language;

  /** A message in the page's language, with its values put in: ``say("{count} of {total}", {count: 1, total: 2})``. */
  mendmap.say = (message, values = {}) => filled(mendmap.messages?.[message] || message, values);

  /** The message for a ``number`` of things, which it calls {number}. */
  mendmap.counted = (one, many, number, values = {}) => {
    const said = mendmap.messages?.[one];
    const rules = new Intl.PluralRules(locale);
    const forms = FORMS.filter((form) => rules.resolvedOptions().pluralCategories.includes(form));
    const message = Array.isArray(said) ? said[forms.indexOf(rules.select(number))] : number === 1 ? one : many;
    return filled(message || many, { number, ...values });
  };

  /** A number, with the signs of the page's language. */
  mendmap.number = (value, options = {}) => numbers({ maximumFractionDigits: 10, ...options }).format(Number(value));

  /** A day, such as 7 January 2024; in UTC, as everywhere. */
  mendmap.day = (moment) => new Date(moment).toLocaleDateString(locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

  /** The day of the catalogue's zone in which a moment lies. */
  mendmap.localDay = (moment) => mendmap.day(`${inZone(moment).slice(0, 10)}T00:00Z`);

  /** From when to when a reading is: days of the catalogue's zone, where it is of whole ones there; else in UTC. */
  mendmap.hours = (start, end) => {
    const midnight = (moment) => inZone(moment).slice(11) === "00:00:00";
    if (start < end && midnight(start) && midnight(end)) {
      const [begin, last] = [mendmap.localDay(start), mendmap.localDay(end - 1)];
      return begin === last ? begin : mendmap.say("{begin} to {end}", { begin, end: last });
    }
    const clock = (moment) => new Date(moment).toISOString().slice(11, 16);
    const values = { day: mendmap.day(start), begin: clock(start), end: clock(end), last_day: mendmap.day(end) };
    if (start === end) return mendmap.say("{day}, {begin} UTC", values);
    if (values.day === values.last_day) return mendmap.say("{day}, {begin} to {end} UTC", values);
    return mendmap.say("{day}, {begin} to {last_day}, {end} UTC", values);
  };

  // What a clock of the catalogue's zone shows: 2024-01-07 13:00:00. Swedish writes it so.
  let clock = null;
  const inZone = (moment) => {
    clock ||= new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: zone });
    return clock.format(new Date(moment));
  };

  /** A month, such as January 2024. */
  mendmap.month = (moment) => new Date(moment).toLocaleDateString(locale, { month: "long", year: "numeric", timeZone: "UTC" });

  // What writes numbers is slow to make, and a map writes thousands.
  const made = new Map();
  function numbers(options) {
    const name = JSON.stringify(options);
    if (!made.has(name)) made.set(name, new Intl.NumberFormat(locale, options));
    return made.get(name);
  }

  const filled = (message, values) =>
    message.replace(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name];
      return value === undefined ? whole : typeof value === "number" ? mendmap.number(value) : String(value);
    });
})();
