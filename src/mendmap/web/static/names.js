/* Search without a service: a published copy holds the folded names of its layers as texts, a name a line, which are
   looked through here as ``atlas/names.py`` does, with the same answers, and what each name belongs to in parts, of which
   only those are fetched that hold what was found. Not here: the search field (``search.js``). */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const UNION = "sites"; // the layer that holds every layer of sites
  const ID = "\t"; // what an id begins with among the names; it ends those of a feature

  // As in words/languages.py and words/letters.py: Cyrillic of sr to Latin, then letters that are no plain one with a mark.
  const PLAIN = new Map([...Array.from("абвгдђежзијклмнопрстћуфхцчш").map((each, nth) => [each, [..."abvgdđežzijklmnoprstćufhcčš"][nth]]), ["љ", "lj"], ["њ", "nj"], ["џ", "dž"]]);
  const BARE = new Map([["đ", "d"], ["ł", "l"], ["ø", "o"], ["ı", "i"], ["æ", "ae"], ["œ", "oe"]]);
  const replaced = (text, letters) => [...text].map((each) => letters.get(each) ?? each).join("");

  /** A text in plain small letters and digits with single spaces, as ``words.letters.folded`` has it. */
  mendmap.folded = (text) => {
    const small = text.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ");
    const plain = replaced(replaced(small, PLAIN), BARE).replaceAll("dj", "d");
    return plain.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  };

  const kept = new Map(); // address -> promise of what it holds

  /** At most so many features of some layers by name, in the order and the form of the service's /search.json. */
  mendmap.foundByName = async (layers, text, most) => {
    const wanted = mendmap.folded(text);
    if (!wanted) return { features: [], more: false };
    const { layers: known, names, told } = await fetched("/names.json", "json");
    const asked = [...layers.filter((each) => each !== UNION), ...(layers.includes(UNION) ? known.filter(({ role }) => role === "site").map(({ id }) => id) : [])];
    const counts = new Map(known.map(({ id, count }) => [id, count]));
    const indexes = await Promise.all([...new Set(asked)].flatMap((id) => partsOf(counts.get(id), names).map((part) => indexOf(id, part, part * names))));
    const found = [...having(indexes, wanted, most + 1)];
    const features = found.slice(0, most).map(async ({ layer, nth }) => {
      const part = await fetched(`/names/${layer}/${Math.floor(nth / told)}.json`, "json");
      return part.features[nth % told];
    });
    return { features: await Promise.all(features), more: found.length > most };
  };

  const partsOf = (count, each) => Array.from({ length: Math.ceil((count || 0) / each) }, (_, part) => part);

  /** A text of names, with where in it the ids stand and the place in its layer of its first feature. */
  async function indexOf(layer, part, first) {
    const text = await fetched(`/names/${layer}/${part}.txt`, "text");
    const ids = [];
    for (let at = text.indexOf(`\n${ID}`); at >= 0; at = text.indexOf(`\n${ID}`, at + 1)) ids.push(at);
    return { layer, text, ids, first };
  }

  /** Features whose name or id is, whose name begins with, or has a word that begins with, or which else hold a text. */
  function having(indexes, wanted, most) {
    const found = new Map();
    for (const pattern of [`\n${wanted}\n`, `\n${ID}${wanted}\n`, `\n${wanted}`, ` ${wanted}`, wanted]) {
      for (const { layer, text, ids, first } of indexes) {
        for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, text.indexOf("\n", at + 1))) {
          const nth = first + before(ids, text.lastIndexOf("\n", at));
          found.set(`${layer} ${nth}`, { layer, nth });
          if (found.size === most) return found.values();
        }
      }
    }
    return found.values();
  }

  /** How many of some ascending numbers are less than one. */
  function before(numbers, one) {
    let [low, high] = [0, numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle] < one) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function fetched(address, form) {
    if (!kept.has(address)) {
      const answer = asked(address, form);
      kept.set(address, answer);
      answer.catch(() => kept.delete(address)); // what failed may be asked for again
    }
    return kept.get(address);
  }

  async function asked(address, form) {
    const answer = await fetch(await mendmap.located(address));
    if (!answer.ok) throw new Error(`${address}: status ${answer.status}`);
    return answer[form]();
  }
})();
