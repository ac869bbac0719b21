"""A run of gather: the recipes one after another, each seeing what those before it brought; then what would change, and
the change itself, in one step.

A recipe that fails is told, leaves everything as it was before it, and does not keep the others from their turn. The
folder is written to once, at the end; nothing is loaded. Not here: what is said of it (``cli.gather``).
"""

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError, GeodataError, MendmapError, NotFoundError
from mendmap.gather import area
from mendmap.gather.answers import Answers
from mendmap.gather.asker import Asker, Turns, fetching
from mendmap.gather.difference import Difference, difference, waiting
from mendmap.gather.files import Brought, Manner, bring
from mendmap.gather.model import Answer, Place, Service
from mendmap.gather.services.all import SERVICES
from mendmap.gather.stage import Stage, home
from mendmap.load.check import Geodata, check
from mendmap.rasters.header import Most
from mendmap.settings import Settings

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class How:
    """``dry``: say what would change, and write nothing; ``accept`` and ``add`` decide proposals (``review``);
    ``fresh`` forgets what was kept of runs before."""

    dry: bool = False
    accept: bool = False
    add: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one recipe: what it ``brought``, what of the answer was ``left_out``, by why, how it was ``asked``
    (fetched, unchanged, kept), and its ``errors``; with one, nothing was brought."""

    recipe: str
    brought: Brought = Brought()
    left_out: Mapping[str, int] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run: of each recipe, how the folder differs, which files of it are new or other (``files``) or
    gone, and whether that was ``written``."""

    done: tuple[Done, ...]
    difference: Difference
    files: tuple[str, ...]
    gone: tuple[str, ...]
    written: bool

    def plain(self) -> dict[str, Any]:
        """The run as JSON holds it."""
        recipes = [
            {
                "recipe": each.recipe,
                "features": each.brought.features,
                "readings": list(each.brought.readings),
                "rasters": list(each.brought.rasters),
                "gone": list(each.brought.gone),
                "left_out": dict(sorted(each.left_out.items())),
                "asked": dict(each.asked),
                "errors": list(each.errors),
            }
            for each in self.done
        ]
        files = {"files": list(self.files), "gone": list(self.gone), "written": self.written}
        return {"recipes": recipes, **files, "difference": self.difference.plain()}


def run(
    folder: Path, wanted: Sequence[str], how: How, settings: Settings, told: Callable[[Done], None] = lambda _: None
) -> Run:
    """Runs the recipes of a folder, all or those ``wanted``, and tells what came of each as soon as it is known.

    Raises NotFoundError with the choices, GeodataError where the folder has faults, or was changed meanwhile, and
    MendmapError where another run is at work in it; then nothing was written.
    """
    folder = folder.resolve()
    with home(folder) as hidden:
        before = _checked(folder, settings)
        recipes = chosen(before, wanted)
        stage = Stage(folder, orjson.dumps([[each.id for each in recipes], how.accept, how.add]).decode(), how.fresh)
        answers = Answers(hidden)
        if how.fresh:
            answers.forget()
        answers.tidy(_ids(before))  # of runs that came to no end, whose answers nobody asks for any more
        running = _Running(stage, answers, how, settings)
        for each in recipes:
            told(running.one(each))
        files, gone = stage.changed()
        if files or gone:
            found = difference(before, running.geodata, hidden, settings.max_rows)
        else:
            found = Difference(waiting=waiting(running.geodata))
        if not how.dry:
            stage.commit(files, gone)
            running.close(_ids(running.geodata))
        return Run(tuple(running.done), found, tuple(files), tuple(gone), not how.dry)


def chosen(geodata: Geodata, wanted: Sequence[str]) -> list[Recipe]:
    """The recipes of a folder, in its order, all or those wanted. Raises NotFoundError with the choices."""
    held = {each.id: each for each in geodata.records if isinstance(each, Recipe)}
    for each in wanted:
        if each not in held:
            raise NotFoundError("recipe of that id", each, held)
    return [each for each in held.values() if not wanted or each.id in wanted]


def _ids(geodata: Geodata) -> set[str]:
    """The ids of all recipes."""
    return {each.id for each in geodata.records if isinstance(each, Recipe)}


def _checked(folder: Path, settings: Settings) -> Geodata:
    return check(folder, settings.max_file_mb, Most.of(settings))


class _Running:
    """Runs one recipe after another on a stage. ``geodata`` is the stage as it stands."""

    def __init__(self, stage: Stage, answers: Answers, how: How, settings: Settings) -> None:
        self._stage, self._answers, self._how, self._settings = stage, answers, how, settings
        self._turns = Turns(settings.gather_pause_seconds)
        self._questions: dict[str, set[str]] = {}
        self.done: list[Done] = []
        self.geodata = self._opened()

    def _opened(self) -> Geodata:
        """What stands on the stage. One that was left in the middle of something is put back to before that."""
        while True:
            try:
                return _checked(self._stage.path, self._settings)
            except GeodataError:
                if not self._stage.again:
                    raise
                self._stage.back()

    def one(self, recipe: Recipe) -> Done:
        """Runs one recipe, whatever comes of it."""
        try:
            done = self._ran(recipe)
        except GeodataError as error:
            done = Done(recipe.id, errors=tuple(map(str, error.faults)))
        except MendmapError as error:
            done = Done(recipe.id, errors=(str(error),))
        except OSError as error:  # of this machine: a disk that is full, a folder that may not be written to
            done = Done(recipe.id, errors=(f"{error.filename or 'this machine'}: {error.strerror}",))
        except (MemoryError, RecursionError):
            done = Done(recipe.id, errors=("what came is too large, or nested too deep, to be looked through",))
        except Exception as error:
            # Whatever a service answers, the recipes after this one have their turn.
            _LOG.exception("recipe %s", recipe.id)
            done = Done(recipe.id, errors=(f"not foreseen, please report it: {type(error).__name__}: {error}",))
        self.done.append(done)
        return done

    def _ran(self, recipe: Recipe) -> Done:
        service = _service(recipe)
        contact = self.geodata.catalogue.contact
        with self._stage.unless_wrong(), fetching(recipe, service, contact, self._settings) as fetcher:
            asker = Asker(recipe, self._answers, fetcher, self._turns, self._settings)
            place = Place(self._stage.path, self.geodata, area.box(recipe, self.geodata), fetcher, self._settings)
            answer = self._answer(service, recipe, place, asker)
            moment = asker.newest or dt.datetime.now(dt.UTC)
            manner = Manner(recipe.url or service.url, moment, self._how.accept, self._how.add)
            brought = bring(recipe, place, answer, manner)
            geodata = _checked(self._stage.path, self._settings) if brought.changed else self.geodata
        self.geodata = geodata
        self._questions[recipe.id] = asker.questions
        return Done(recipe.id, brought, dict(answer.left_out), dict(asker.counts))

    def _answer(self, service: Service, recipe: Recipe, place: Place, asker: Asker) -> Answer:
        try:
            return service.gather(recipe, place, asker)
        except Exception:
            if not asker.failed:  # it came, and it is wrong: the next run is to ask anew
                self._answers.forget(recipe.id)
            raise

    def close(self, recipes: set[str]) -> None:
        """The run has come to its end: what it was answered is old, and what nobody asked is forgotten."""
        for recipe, questions in self._questions.items():
            self._answers.close(recipe, questions)
        self._answers.tidy(recipes)


def _service(recipe: Recipe) -> Service:
    """The service of a recipe. Raises FeedError where it needs what the recipe does not say."""
    service = SERVICES.get(recipe.service)
    if service is None:
        raise FeedError(f"nobody speaks {recipe.service} yet")
    missing = [each for each in service.needs if getattr(recipe, each) in (None, "", ())]
    if not (recipe.url or service.url) and "url" not in missing:
        missing.append("url")
    if missing:
        raise FeedError(f"a recipe of {recipe.service} needs {', '.join(missing)}")
    return service
