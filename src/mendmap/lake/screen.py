"""A cursor of the lake through which a role sees no row that it may not see, whatever is asked, and whoever forgot to
say so; and rows that changed, as that role sees them.

What was ever hidden from a role stays hidden in what changed: the old outline of a layer that was released later is not
news. Not here: what is hidden, and the contents of a snapshot (``access``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson

from mendmap.errors import NotFoundError
from mendmap.lake import access, contents
from mendmap.lake.access import Rules
from mendmap.lake.changed import Pair, Version
from mendmap.lake.connection import Lake
from mendmap.lake.contents import Contents
from mendmap.lake.features import FeatureRow, Features
from mendmap.lake.ledger import Snapshot


@dataclass(frozen=True, slots=True)
class Screen:
    """What a role may see of the tables: the ``stations`` whose readings it sees, and of every row that ever was the
    layers and the records, by kind, that it does not see. ``hidden`` are the rules."""

    hidden: Rules
    stations: frozenset[str]
    records: Mapping[str, frozenset[str]]

    def narrow(self, lake: Lake) -> None:
        """Puts views before the tables of a cursor: names without a schema mean these first."""
        named = [f"{kind} {ident}" for kind, ids in self.records.items() for ident in ids]
        station = f"list_contains({_listed(self.stations)}, split_part(series, '.', 1))"
        rows = {
            "features": f"NOT list_contains({_listed(self.hidden.layers)}, layer)",
            "records": f"NOT list_contains({_listed(named)}, concat(kind, ' ', id))",
            "readings": station,
            "answers": f"{station} AND NOT list_contains({_listed(self.records.get('work', ()))}, against)",
        }
        for table, where in rows.items():
            lake.query(f"CREATE OR REPLACE TEMP VIEW {table} AS SELECT * FROM lake.{table} WHERE {where}")

    def pair(self, pair: Pair) -> Pair:
        """What changed, without properties and ids that are hidden."""
        return pair._replace(was=self._version(pair.part, pair.was), now=self._version(pair.part, pair.now))

    def _version(self, part: str, version: Version | None) -> Version | None:
        if version is None:
            return None
        kept = {name: value for name, value in version.body.items() if not self.hidden.hides(part, name)}
        for name in ("sites", "monitors", "watercourses"):
            if isinstance(kept.get(name), list):
                kept[name] = [each for each in kept[name] if each not in self.records["feature"]]
        if part == "layer":
            own = kept["fields"].items()
            kept["fields"] = {each: text for each, text in own if not self.hidden.hides(kept["id"], each)}
        return version._replace(body=kept)


def _listed(words: Iterable[str]) -> str:
    quoted = ("'" + word.replace("'", "''") + "'" for word in sorted(words))
    return f"[{', '.join(quoted)}]::VARCHAR[]"


def looked_at(lake: Lake, snapshot: Snapshot, catalogue: str, role: str) -> tuple[Contents, Screen | None]:
    """The contents at a snapshot as a role sees them, and its screen, if anything ever was hidden from it. Raises
    NotFoundError where the catalogue is not for that role."""
    versions = access.history(lake, catalogue)
    whole = contents.read(lake, snapshot, catalogue)
    own = [*whole.records["catalogue"], *whole.records.get("layer", ())]
    hidden = access.rules((body for body, last in versions if last), role) | access.rules(own, role)
    ever = access.rules((body for body, _ in versions), role)
    if hidden.whole:
        raise NotFoundError(f"catalogue that is for the role {role}", catalogue)
    if ever == Rules():
        return whole, None
    found = access.seen(whole, hidden, access.measured(lake, snapshot.number, catalogue))
    return found, screen(lake, snapshot, catalogue, ever)


def screen(lake: Lake, snapshot: Snapshot, catalogue: str, ever: Rules) -> Screen:
    """The screen before a lake up to a snapshot, for a role from which the rules ``ever`` hid something."""
    whole, known = _ever(lake, snapshot, catalogue), access.measured(lake, snapshot.number, catalogue)
    shown = access.seen(whole, ever, known)
    hidden = {"feature": frozenset(whole.features.where(ever.layers.__contains__).ids)}
    for kind, bodies in whole.records.items():
        # Of some records one version may be told, and another not: then none is.
        left = Counter(body["id"] for body in bodies)
        left.subtract(body["id"] for body in shown.records.get(kind, ()))
        hidden[kind] = frozenset(ident for ident, count in left.items() if count)
    stations = {series.partition(".")[0] for series, _ in known} - hidden["feature"]
    return Screen(ever, frozenset(stations), hidden)


def _ever(lake: Lake, snapshot: Snapshot, catalogue: str) -> Contents:
    """Every version of every row up to a snapshot, as if all were known at once; of features only where they are, and
    the document that they name."""
    with lake.steady():
        at = [catalogue, snapshot.number]
        features = lake.query(
            "SELECT DISTINCT layer, id, body->>'source' FROM features WHERE catalogue = ? AND recorded <= ?", at
        ).fetchall()
        records: dict[str, list[Mapping[str, object]]] = {}
        for kind, body in lake.query(
            "SELECT kind, body FROM records WHERE catalogue = ? AND recorded <= ?", at
        ).fetchall():
            records.setdefault(kind, []).append(orjson.loads(body))
    rows = Features.of(FeatureRow(layer, ident, None, {"source": source}) for layer, ident, source in features)
    kept = {kind: tuple(bodies) for kind, bodies in records.items()}
    return Contents(snapshot, catalogue, rows, kept, (), None, {})
