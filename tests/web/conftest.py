"""A project with replies and comparisons, its pages, and people who come to them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from hone.domain.evidence import Advice, Comparison, Measure, PairReply, Quote, Verdict
from hone.domain.rubric import Criterion
from hone.domain.task import Reply
from hone.journey.journey import Journey
from hone.journey.loop import Models
from hone.people.store import open_store
from hone.people.store.store import Store
from hone.project import Project
from hone.web.app import create_app
from hone.web.sessions import Sessions
from hone.web.site import Site
from hone.web.subjects import put_up
from tests.cli.conftest import RUBRIC, SETTINGS

REPLIES = 4
KEY = b"k" * 32


def make_project(folder: Path, replies: int = REPLIES) -> Project:
    """A project whose models answer from a script, with finished runs of replies, comparisons and advice."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hone.yaml").write_text(SETTINGS)
    (folder / "rubric.yaml").write_text(RUBRIC)
    (folder / "script.jsonl").write_text('{"contains": "", "text": "Day 1, 20 minutes: $x^2$."}\n')
    items = [f'{{"id": "i{n}", "prompt": "Please plan week {n}."}}\n' for n in range(1, replies + 1)]
    (folder / "items.jsonl").write_text("".join(items))
    project = Project(folder)
    rubric = project.rubric.model_dump(mode="json")
    project.open_run("reply", {"n": 1}).finish(
        Reply(
            item=f"i{n}", prompt=f"Please plan week {n}.", text=f"**Plan** {n}: solve $x^2 = {n}$.", model="writer-1"
        )
        for n in range(1, replies + 1)
    )
    project.open_run("compare", {"rubric": rubric}).finish(_comparison(n) for n in range(1, 4))
    project.open_run("advise", {"rubric": rubric}).finish(ADVICE)
    return project


def _comparison(n: int) -> Comparison:
    quote = Quote(text="20 minutes", side="with", found=True)
    measures = (Measure(name="Be Detailed", better="with", quotes=(quote,)),)
    return Comparison(
        id=f"i{n}",
        without=PairReply(text=f"A short plan {n}.", model="writer-1"),
        with_=PairReply(text=f"A plan {n} with 20 minutes a day.", model="writer-1"),
        verdicts=(
            Verdict(first="without", winner="with", reason="It names minutes.", measures=measures),
            Verdict(first="with", winner="with", reason="Minutes again.", measures=measures),
        ),
    )


ADVICE = (
    Advice(id="a1", action="modify", criterion="Be Detailed",
           proposal=Criterion(name="Be Precise", sentence="Each session names its minutes and its topic."),
           reason="Topics were missing.", comparisons=("i1",)),
    Advice(id="a2", action="keep", criterion="Be Adaptable", proposal=None, reason="It decided two comparisons."),
    Advice(id="a3", action="add", criterion=None,
           proposal=Criterion(name="Be Warm", sentence="The plan praises effort."), reason="Both lacked warmth."),
)  # fmt: skip


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with an empty store, made once; tests work on copies."""
    project = make_project(tmp_path_factory.mktemp("made") / "plans")
    with open_store(project.database):
        return project.folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Project:
    return Project(Path(shutil.copytree(made, tmp_path / "plans")))


@pytest.fixture
def site(project: Project) -> Iterator[Site]:
    """The site of the project, open on loopback."""
    models = Models(project)
    with open_store(project.database) as store:
        list(put_up(project, store))
        yield Site(Journey(project, models), store, Sessions(KEY), store.add_rater("Olga", "owner"), True)
    models.close()


@dataclass
class Browser:
    """Somebody at the pages, without JavaScript."""

    client: TestClient
    path: str = "/"
    html: str = ""
    code: int = 0

    def get(self, path: str) -> str:
        return self._read(self.client.get(path))

    def send(self, path: str, **fields: str) -> str:
        """Send a form with the token of the page that was read last."""
        return self._read(self.client.post(path, data={"token": self.token} | fields))

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="(\w+)"', self.html)
        assert found, "no form on the page"
        return found[1]

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.html)
        assert found, f"no field {name}"
        return found[1]

    def rate(self, *levels: float, note: str = "", key: str | None = None) -> str:
        """Fill in the rating form that is shown, and press its button."""
        scores = {f"score-{place}": f"{level:g}" for place, level in enumerate(levels)}
        fields = {"rubric": self.field("rubric"), "key": key or self.field("key"), "note": note}
        return self.send(self.path, **fields, **scores)

    def _read(self, response: object) -> str:
        self.path = response.url.path  # type: ignore[attr-defined]
        self.code, self.html = response.status_code, response.text  # type: ignore[attr-defined]
        return self.html


Come = Callable[..., Browser]


@pytest.fixture
def owner(site: Site) -> Iterator[Browser]:
    """The owner, at the machine itself."""
    with TestClient(create_app(site), base_url="http://localhost:8420") as client:
        client.get(f"/enter/{site.token}")
        yield Browser(client)


@pytest.fixture
def come(site: Site) -> Come:
    """Somebody who comes in from outside by a personal link."""
    outside = replace(site, open=False)

    def come(name: str = "Ann", role: str = "rater", address: str = "https://rate.example") -> Browser:
        browser = Browser(TestClient(create_app(outside), base_url=address))
        browser.get(f"/enter/{store_of(outside).invite(name, role)}")  # type: ignore[arg-type]
        return browser

    return come


def store_of(site: Site) -> Store:
    return site.store
