/* What was known in a month: fetched from the service when it is needed, told in words, and shown on the features of a
   layer. A month is its text, "2021-03". Dates are as precise as their sources: what "2021" leaves open in March stays
   open here, as in ``atlas/dated.py``. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, h, say } = mendmap;
  const PATIENCE_MS = 15000;
  const KEPT = 60; // months of a layer
  const LINES = 2; // beside a symbol; the table has all
  const UNION = "sites"; // the layer that holds every layer of sites

  /** The layer of the service whose dated values are those of a layer of the map. */
  mendmap.sourceOf = ({ options }) => (options.only ? UNION : options.id);

  /** Dated values of a service: ``months`` and ``values`` fetch them, each once. */
  mendmap.Dated = class {
    constructor(service = "") {
      this.service = service;
      this._kept = new Map(); // address -> promise
    }

    /** What is known in which month of some sources: [{month, places, states, ...}] in the order of time. The same thing
        may be counted by several, so the greatest count is taken. */
    async months(sources) {
      const found = new Map();
      for (const { months } of await Promise.all(sources.map((each) => this._get(`/values/${encodeURIComponent(each)}.json`)))) {
        for (const { month, ...counts } of months) {
          const row = found.get(month) || { month };
          for (const [kind, count] of Object.entries(counts)) row[kind] = Math.max(row[kind] || 0, count);
          found.set(month, row);
        }
      }
      return [...found.values()].sort((a, b) => (a.month < b.month ? -1 : 1));
    }

    /** What was known of some sources in a month, by source. */
    async values(sources, month) {
      const found = await Promise.all(sources.map((each) => this._get(`/values/${encodeURIComponent(each)}/${month}.json`)));
      return new Map(sources.map((each, nth) => [each, found[nth]]));
    }

    _get(address) {
      if (!this._kept.has(address)) {
        const answer = fetched(this.service + address);
        this._kept.set(address, answer);
        // What failed may be asked for again.
        answer.catch(() => this._kept.delete(address));
        if (this._kept.size > KEPT) this._kept.delete(this._kept.keys().next().value);
      }
      return this._kept.get(address);
    }
  };

  async function fetched(address) {
    const answer = await fetch(await mendmap.located(address), { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`${address}: status ${answer.status}`);
    return answer.json();
  }

  /** The first and last month that a date of a source can mean: 2021, 2021-08, 2021-08-15, or two with a slash. */
  mendmap.spanOf = (text) => {
    const [begin, end] = [text.split("/")[0], text.split("/").at(-1)];
    return { first: begin.length < 7 ? `${begin}-01` : begin.slice(0, 7), last: end.length < 7 ? `${end}-12` : end.slice(0, 7) };
  };

  /** Whether what is dated so had begun in a month: null where the date leaves it open, false without a date. */
  mendmap.hadBegun = (month, text) => {
    if (!text) return false;
    const { first, last } = mendmap.spanOf(text);
    return month < first ? false : month >= last ? true : null;
  };

  /** Whether what lasted until a date was over in a month; the month in which it ended is still of it. */
  mendmap.wasOver = (month, text) => {
    if (!text) return false;
    const { first, last } = mendmap.spanOf(text);
    return month < first ? false : month > last ? true : first === last ? false : null;
  };

  /** How far a work was in a month, a word of ``vocabulary.PHASES``; "" where it had not begun, as far as is known; one that
      is planned has dates of a plan. */
  mendmap.phaseOf = ({ begun, finished, status }, month) => {
    if (status === "planned") return "";
    const done = mendmap.hadBegun(month, finished);
    const here = mendmap.hadBegun(month, begun);
    if (done !== false) return done ? "finished" : "perhaps_finished";
    return here === false ? "" : here ? "begun" : "perhaps_begun";
  };

  /** Whether a feature was there in a month: null where its dates leave it open. A work is there once it has begun. */
  mendmap.wasThere = (properties, role, month) => {
    if (role === "work") return mendmap.phaseOf(properties, month) !== "";
    const here = properties.valid_from ? mendmap.hadBegun(month, properties.valid_from) : true;
    const gone = mendmap.wasOver(month, properties.valid_to);
    if (here === false || gone === true) return false;
    return here && gone === false ? true : null;
  };

  /** A date of a source, in the page's language. */
  mendmap.dateOf = (text) => {
    const [begin, end] = text.split("/").map((each) => (each.length > 7 ? mendmap.day(each) : each.length > 4 ? mendmap.month(each) : each));
    return end === undefined ? begin : say("{begin} to {end}", { begin, end });
  };

  /** Who vouches for something. */
  mendmap.trustOf = (trust) => ({ claimed: say("claimed, not checked"), reported: say("reported"), checked: say("checked") })[trust] || trust;

  // How far a work was; beside its own symbol its name stands already.
  const PHASES = {
    perhaps_begun: ({ begun }) => say("may have begun ({date})", { date: begun }),
    begun: ({ begun }) => say("begun {date}", { date: begun }),
    perhaps_finished: ({ finished }) => say("may be finished ({date})", { date: finished }),
    finished: ({ finished }) => say("finished {date}", { date: finished }),
  };

  /** What a row of dated values says, a fact each: ``text``, ``form`` (what it is), and where they are known ``trust``,
      ``source`` and ``lang``. At ``now`` what was measured in the month is no news. */
  mendmap.factsOf = (row, document, now = false) => {
    const amount = (value, unit) => `${mendmap.number(value)} ${document.units[unit] ?? unit}`.trim();
    const facts = (row.states || []).map((each) => stateFact(each, document.language));
    for (const { name, begun, finished, phase, trust, source } of row.works || []) {
      const short = PHASES[phase]({ begun: begun && mendmap.dateOf(begun), finished: finished && mendmap.dateOf(finished) });
      facts.push({ text: say("{work}: {phase}", { work: mendmap.nameIn(name), phase: short }), short, form: phase, trust, source });
    }
    if (!now) facts.push(...(row.readings || []).map((each) => ({ text: readingsText(each, amount), form: "readings" })));
    facts.push(...verdictFacts(row.verdicts || []));
    if (!now) facts.push(...(row.figures || []).map((each) => figureFact(each, amount, document.language)));
    return facts;
  };

  function stateFact({ state, said, sure, trust, source }, original) {
    const own = said[mendmap.language];
    const text = own ?? state;
    const lang = own || original === mendmap.language ? undefined : original;
    return { text: sure ? text : say("Perhaps: {state}", { state: text }), form: sure ? "state" : "perhaps", trust, source, lang };
  }

  function readingsText({ symbol, count, below, greatest, greatest_qualifier: qualifier, unit }, amount) {
    if (greatest === undefined) {
      return counted("{symbol}: {number} reading, below detection", "{symbol}: {number} readings, all below detection", count, { symbol });
    }
    const value = qualifier?.startsWith(">") ? say("more than {value}", { value: amount(greatest, unit) }) : amount(greatest, unit);
    if (!below) return counted("{symbol}: {value}, {number} reading", "{symbol}: up to {value}, {number} readings", count, { symbol, value });
    return counted("{symbol}: up to {value}, {number} reading, {below} below detection", "{symbol}: up to {value}, {number} readings, {below} of them below detection", count, { symbol, value, below });
  }

  /** How many limits were kept, and when, by outcome, the gravest first; guidelines are no limits. */
  function verdictFacts(verdicts) {
    const fact = (form, guideline, outcomes, told) => {
      const found = verdicts.filter(({ type, outcome }) => (type === "guideline") === guideline && outcomes.includes(outcome));
      return found.length ? [{ form, text: told(found.length, { years: yearsOf(found) }) }] : [];
    };
    return [
      ...fact("exceeds", false, ["exceeds"], (n, at) => counted("{number} limit not kept ({years})", "{number} limits not kept ({years})", n, at)),
      ...fact("exceeds", true, ["exceeds"], (n, at) => counted("{number} guideline value exceeded ({years})", "{number} guideline values exceeded ({years})", n, at)),
      ...fact("within", false, ["within"], (n, at) => counted("{number} limit kept ({years})", "{number} limits kept ({years})", n, at)),
      ...fact("undecidable", false, ["undecidable", "no_data"], (n, at) =>
        counted("{number} limit undecided: too little is known ({years})", "{number} limits undecided: too little is known ({years})", n, at)),
    ];
  }

  function yearsOf(verdicts) {
    const spans = verdicts.map(({ period }) => mendmap.spanOf(period));
    const begin = spans.map(({ first }) => first.slice(0, 4)).sort()[0];
    const end = spans.map(({ last }) => last.slice(0, 4)).sort().at(-1);
    return begin === end ? begin : say("{begin} to {end}", { begin, end });
  }

  const SIGNS = { approx: "≈ ", "<": "< ", ">": "> ", "<=": "≤ ", ">=": "≥ " };

  function figureFact({ what, qualifier, value, value_to: to, unit, period, claimant, source }, amount, original) {
    const range = to === undefined ? amount(value, unit) : say("{low} to {high}", { low: mendmap.number(value), high: amount(to, unit) });
    const text = say("{what}, {date}: {value}", { what, date: mendmap.dateOf(period), value: (SIGNS[qualifier] || "") + range });
    return { text, form: "figure", source, trust: claimant ? "claimed" : undefined, lang: original === mendmap.language ? undefined : original };
  }

  /** A name in the page's language, or in any. */
  mendmap.nameIn = (names) => names[mendmap.language] ?? Object.values(names)[0];

  /** Shows a layer as it was in a month: features that were not there are left out, the others say what was known of
      them. ``month`` null shows it as ever. ``document`` are its dated values, null while they are on their way. */
  mendmap.showMonth = (layer, month, document, now = false) => {
    if (!layer.mendmapDated) layer.on("marked", ({ entry, marker }) => dress(layer, entry, marker));
    layer.mendmapDated = { month, document, now };
    layer.setFilter(month ? ({ properties }) => mendmap.wasThere(properties, layer.options.role, month) !== false : null);
    for (const entry of layer.features.values()) {
      for (const mark of entry.marks) {
        dress(layer, entry, mark.marker);
        mark.size = null; // its name has another length now
      }
    }
    layer.fire("drawn");
  };

  const FORMS = ["is-claimed", "is-reported", "is-checked", "is-perhaps", "is-begun", "is-untold"];

  /** What was known of a feature, beside its symbol and in what a screen reader says of it. */
  function dress(layer, entry, marker) {
    const element = marker.getElement();
    const label = element?.querySelector(".label");
    if (!label) return;
    label.querySelector(".dated")?.remove();
    element.classList.remove(...FORMS);
    const base = element.dataset.called;
    const { month, document, now } = layer.mendmapDated;
    if (!month || !document) {
      element.setAttribute("aria-label", month ? base : mendmap.calledOf(entry, base));
      return;
    }
    const row = document.features[entry.id];
    const facts = row ? mendmap.factsOf(row, document, now) : [];
    const role = layer.options.role;
    if (mendmap.wasThere(entry.properties, role, month) === null) facts.unshift({ text: say("Perhaps not there then"), form: "perhaps" });
    const [first] = facts;
    if (first?.trust && role !== "context") element.classList.add(`is-${first.trust}`);
    if (first?.form.startsWith("perhaps")) element.classList.add("is-perhaps");
    if (role === "work" && first?.form.endsWith("begun")) element.classList.add("is-begun");
    if (role === "site" && !facts.length) element.classList.add("is-untold");
    element.setAttribute("aria-label", [base, ...facts.map(({ text, trust }) => (trust ? `${text}: ${mendmap.trustOf(trust)}` : text))].join(". "));
    // Places that help to find one's way, and rivers, keep their names alone.
    if (!facts.length || !["site", "station", "work"].includes(role)) return;
    label.append(h("span", { class: "dated" }, ...facts.slice(0, LINES).map((fact) => line(fact, role === "work"))));
  }

  const line = ({ text, short, trust, form, lang }, own) =>
    h(
      "span",
      { class: `dated-line dated-${form}` },
      h("span", { class: "dated-text", lang, text: (own && short) || text }),
      trust && h("span", { class: `dated-trust dated-trust-${trust}`, text: mendmap.trustOf(trust) }),
    );
})();
