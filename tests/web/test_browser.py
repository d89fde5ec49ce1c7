"""The pages in real Chromium, served by the real command: keys, coming back, blindness, no JavaScript, access."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hone.domain.task import Reply
from hone.people.store import open_store
from hone.project import Project
from tests import browser
from tests.web.conftest import make_project
from tests.web.hostile import HOSTILE
from tests.web.test_refined import refined

MOST_BYTES = 150_000
PAGES = ("/", "/rate", "/compare", "/mine", "/workshop", "/people", "/data", "/results", "/playground")

pytestmark = browser.marks


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser.launched() as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project(tmp_path / "plans").folder


@pytest.fixture
def link(folder: Path) -> Iterator[str]:
    """Lets the owner in to the project's pages: `hone rate` in a process of its own, which ends when idle."""
    command = [sys.executable, "-m", "hone.cli.main", "rate", "--project", str(folder), "--port", "0", "--no-open",
               "--stop-after", "60"]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        for line in server.stderr:
            found = re.search(r"http://localhost:\d+/enter/[\w-]{43}", line)
            if found:
                break
        else:
            raise AssertionError("the server did not start")
        yield found[0]
        server.terminate()


@pytest.fixture
def address(link: str) -> str:
    return link.partition("/enter/")[0]


def invited(folder: Path, name: str, role: Any = "rater") -> str:
    with open_store(Project(folder).database) as store:
        return f"/enter/{store.invite(name, role)}"


def scores_of(folder: Path, name: str) -> list[float]:
    project = Project(folder)
    with open_store(project.database) as store:
        rubric = project.versions[-1].rubric if project.versions else project.rubric
        return [row.score for row in store.ratings(rubric, current_only=False) if row.rater == name]


def saved(page: Any) -> None:
    page.locator("#status", has_text=re.compile("^Saved")).wait_for()


def test_two_raters_and_the_owner_go_all_the_way(  # noqa: PLR0915 - one story
    chromium: Any, link: str, address: str, folder: Path
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address + invited(folder, "Ann"))
    first = page.url
    places = [first]
    for _ in range(3):  # three replies with keys only, each saved as she goes
        page.keyboard.press("3")
        saved(page)
        page.keyboard.press("2")
        saved(page)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        places.append(page.url)
    assert len(set(places)) == 4
    assert sorted(scores_of(folder, "Ann")) == [0, 0, 0, 1, 1, 1]

    for _ in range(3):  # back to the first one, by key
        with page.expect_navigation():
            page.keyboard.press("b")
    assert page.url == first
    page.keyboard.press("ArrowUp")
    page.keyboard.press("1")
    saved(page)
    assert sorted(scores_of(folder, "Ann")) == [-1, 0, 0, 0, 1, 1]

    state = context.storage_state()
    context.close()  # the window closes; the browser keeps the cookie
    context = chromium.new_context(storage_state=state)
    page = context.new_page()
    page.goto(address)
    assert page.url == places[-1]
    assert "3 rated" in page.inner_text(".progress")

    other = chromium.new_context()
    ben = other.new_page()
    ben.goto(address + invited(folder, "Ben"))
    for path in ("/rate", "/mine", "/compare"):
        ben.goto(address + path)
        assert "Ann" not in ben.content()
        assert ben.locator("input:checked:not(#keys-on)").count() == 0
    ben.goto(address + "/rate")
    assert "0 rated" in ben.inner_text(".progress")
    assert ben.goto(address + "/results").status == 403
    for key in "1131":
        ben.goto(address + "/rate")
        ben.keyboard.press(key)
        saved(ben)
        ben.keyboard.press("3")
        saved(ben)
    other.close()

    own = chromium.new_context()
    owner = own.new_page()
    owner.goto(link)
    owner.goto(address + "/results")
    assert "Ann" in owner.inner_text("main")
    assert "Ben" in owner.inner_text("main")
    assert owner.locator("svg.chart").count() >= 2
    owner.goto(address + "/workshop")
    owner.locator("input[name=do-a1][value=edit]").check()
    owner.fill("#w-a1", "Be Exact: Each session names its minutes.")
    owner.locator("input[name=do-a2][value=accept]").check()
    owner.locator("input[name=do-a3][value=reject]").check()
    owner.click("text=Keep these decisions")
    assert "Your decisions are kept" in owner.inner_text("main")
    owner.fill("#finalise-note", "after the first round")
    owner.click("text=Finalise as")
    assert "frozen" in owner.inner_text(".said")
    versions = Project(folder).versions
    assert versions[-1].rubric.names == ("Be Exact", "Be Adaptable")
    assert versions[-1].note == "after the first round"
    assert [one.action for one in versions[-1].decisions] == ["edit", "accept", "reject"]
    page.goto(address + "/rate")  # Ann rates on, by the new criteria; what did not change is still there
    assert "Be Exact" in page.inner_text("main")
    own.close()
    context.close()


def test_everything_works_without_javascript(chromium: Any, link: str, address: str, folder: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + invited(folder, "Cid"))
    first = page.url
    page.locator("input[name=score-0][value='1']").check()
    page.locator("input[name=score-1][value='-1']").check()
    page.fill("#note", "a note")
    page.click("button[value=next]")
    assert page.url != first
    assert sorted(scores_of(folder, "Cid")) == [-1, 1]
    page.click("#undo button")
    assert page.url.startswith(first)
    page.locator("#skip summary").click()
    page.fill("#reason", "not my subject")
    page.click("text=Skip it")
    assert "Skipped" in page.inner_text(".said")
    page.goto(address + "/compare")
    page.click("button[value=tie]")
    assert "Saved" in page.inner_text(".said")
    page.goto(address + "/mine")
    assert "both alike" in page.inner_text("main")
    page.click("text=Sign out")
    context.close()

    own = chromium.new_context(java_script_enabled=False)
    owner = own.new_page()
    owner.goto(link)
    owner.goto(address + "/workshop")
    for piece in ("a1", "a2", "a3"):
        owner.locator(f"input[name=do-{piece}][value=accept]").check()
    owner.click("text=Keep these decisions")
    owner.click("text=Finalise as")
    assert len(Project(folder).versions[-1].rubric.criteria) == 3
    (folder / "script.jsonl").write_text('{"contains": "Plan my", "text": "Day 1: $x^2$."}\n')
    owner.goto(address + "/playground")
    owner.fill("#asked", "Plan my week.")
    owner.locator("input[name=judged]").uncheck()
    owner.click("form[data-stream] button")
    assert owner.locator("[data-side=right] math").count() == 1
    own.close()


def test_pairs_are_compared_with_keys(chromium: Any, address: str, folder: Path) -> None:
    page = chromium.new_page()
    page.goto(address + invited(folder, "Dot"))
    page.goto(address + "/compare")
    for key in ("ArrowLeft", "ArrowDown", "3"):
        with page.expect_navigation():
            page.keyboard.press(key)
    assert "compared all the pairs" in page.inner_text("main")
    page.keyboard.press("u")
    page.close()


def test_a_save_that_the_network_loses_is_sent_again_and_counts_once(
    chromium: Any, address: str, folder: Path
) -> None:
    page = chromium.new_page()
    lost: list[str] = []

    def lose(route: Any) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.request.url)
            if len(lost) == 2:
                route.fetch()  # it reaches the server, but the answer is lost
            route.abort()
        else:
            route.continue_()

    # Before the page is there: one that is open already may send its first request past a route that comes later.
    page.route("**/rate/*", lose)
    page.goto(address + invited(folder, "Eve"))
    page.keyboard.press("3")
    page.locator("#status", has_text=re.compile(r"^Saved\.$")).wait_for(timeout=20_000)
    assert len(lost) == 2
    with open_store(Project(folder).database) as store:
        changed = [one for one in store.history(limit=50) if one.place == "ratings" and one.by == "Eve"]
    assert len(changed) == 1
    page.close()


def test_the_first_visit_has_a_card_that_stays_away_once_it_is_put_away(
    chromium: Any, address: str, folder: Path
) -> None:
    for javascript, name in ((True, "Hal"), (False, "Ida")):
        context = chromium.new_context(java_script_enabled=javascript)
        page = context.new_page()
        page.goto(address + invited(folder, name))
        card = page.locator(".welcome")
        assert f"Welcome, {name}" in card.inner_text()
        assert "4 for you" in card.inner_text()
        assert ("saved at once" if javascript else "saved when you press") in card.inner_text()
        with page.expect_response("**/welcome"):
            card.locator("button").click()
        for path in ("/rate", "/compare"):
            page.goto(address + path)
            assert card.count() == 0
        context.close()


def test_enter_with_something_open_says_what_and_the_last_page_can_undo(
    chromium: Any, address: str, folder: Path
) -> None:
    page = chromium.new_page()
    page.goto(address + invited(folder, "Jon"))
    first = page.url
    page.keyboard.press("3")
    saved(page)
    page.keyboard.press("Enter")
    page.locator("#status", has_text="Still open: Be Adaptable.").wait_for()
    assert page.url == first
    assert page.locator("fieldset.open legend").inner_text() == "Be Adaptable"
    page.keyboard.press("2")
    saved(page)
    for _ in range(3):
        with page.expect_navigation():
            page.keyboard.press("Enter")
        for key in "33":
            page.keyboard.press(key)
            saved(page)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Thank you" in page.inner_text("h1")
    with page.expect_navigation():
        page.keyboard.press("u")
    assert "undone" in page.inner_text(".said")
    assert "/rate/" in page.url
    page.close()


def test_a_rater_sees_the_heading_and_the_third_criterion_and_on_a_phone_how_many_are_scored(
    chromium: Any, address: str, folder: Path
) -> None:
    rubric = folder / "rubric.yaml"
    rubric.write_text(rubric.read_text().replace("criteria:\n", "criteria:\n  - Be Kind: The plan is kind.\n"))
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(address + invited(folder, "Kim"))
    page.locator(".welcome button").click()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("scrollY") == 0
    assert page.locator("h1").bounding_box()["height"] > 20
    third, act = page.locator("fieldset.criterion").nth(2).bounding_box(), page.locator(".act").bounding_box()
    assert third["y"] + third["height"] <= act["y"]
    anchor = "The reply meets the criterion in part"
    assert page.content().count(anchor) == 1, "the scale's words stand once"
    page.set_viewport_size({"width": 390, "height": 844})
    link = page.locator(".to-scores a")
    assert link.inner_text() == "Score (0 of 3)"
    assert link.bounding_box()["y"] + link.bounding_box()["height"] <= 844
    page.locator("#reply").click()
    assert not page.locator(".reply .text").is_visible()
    page.locator("input[name=score-0][value='1']").check()
    assert link.inner_text() == "Score (1 of 3)"
    page.goto(address + "/mine")
    assert browser.too_wide(page) <= 0
    assert "Plan" in page.inner_text(".excerpt")
    context.close()


def test_criteria_are_reordered_with_the_keyboard(chromium: Any, link: str, address: str, folder: Path) -> None:
    page = chromium.new_page()
    page.goto(link)
    page.goto(address + "/workshop")
    page.locator("#edit > summary").press("Enter")
    page.locator("[data-row]").first.locator("[data-move='1']").press("Enter")
    page.fill("#name-2", "Be Kind")
    page.fill("#sentence-2", "The plan is kind.")
    page.locator("#edit button.button").press("Enter")
    page.locator(".said").wait_for()
    assert Project(folder).rubric.names == ("Be Adaptable", "Be Detailed", "Be Kind")
    page.close()


def test_a_link_is_copied_or_selected(chromium: Any, link: str, address: str, folder: Path) -> None:
    page = chromium.new_page()
    page.goto(link)
    page.goto(address + "/people")
    page.fill("#name", "Lea")
    page.click("text=Make a link")
    page.click("[data-copy]")
    page.locator("#copied", has_text=re.compile("Copied|selected")).wait_for()
    made = page.input_value("#link")
    assert made.startswith(address + "/enter/")
    assert browser.violations(page) == []
    other = chromium.new_context().new_page()
    other.goto(made)
    assert "Welcome, Lea" in other.inner_text("main")
    other.context.close()
    page.close()


def test_single_keys_can_be_switched_off(chromium: Any, address: str, folder: Path) -> None:
    page = chromium.new_page()
    page.goto(address + invited(folder, "Fay"))
    page.click(".keys summary")
    page.uncheck("#keys-on")
    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("3")
    assert page.locator(".level input:checked").count() == 0
    page.reload()
    assert not page.is_checked("#keys-on")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_light_and_loads_nothing_from_elsewhere(
    chromium: Any, link: str, address: str, folder: Path, scheme: str
) -> None:
    _rated(folder)
    for size in ((1280, 800), (360, 740)):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        problems: list[str] = []
        sizes: dict[str, int] = {}
        page.on("console", lambda message, seen=problems: seen.append(message.text))
        page.on("response", lambda answer, seen=sizes: seen.update({answer.url: len(answer.body())})
                if answer.status == 200 else None)  # fmt: skip
        page.goto(link)
        for path in PAGES:
            sizes.clear()
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            assert all(url.startswith(address) for url in sizes), sizes
            assert sum(sizes.values()) < MOST_BYTES, (path, sizes)
            assert browser.violations(page) == [], path
            assert browser.too_wide(page) <= 0, f"{path} at {size}"
        assert problems == []
        context.close()


def test_every_page_fits_a_phone_in_german_and_lists_are_narrowed_by_keyboard_without_a_script(
    chromium: Any, link: str, address: str, folder: Path
) -> None:
    _rated(folder)
    options = {"viewport": {"width": 390, "height": 844}, "locale": "de-DE"}
    page = chromium.new_context(**options).new_page()
    page.goto(link)
    narrowed = ("/data?rated=rated", "/results?settled=no", "/people?progress=begun", "/workshop?verdict=tie")
    for path in (*PAGES, *narrowed, "/nowhere"):
        page.goto(address + path)
        assert page.get_attribute("html", "lang") == "de", path
        assert browser.violations(page) == [], path
        assert browser.too_wide(page) <= 0, path
    page.context.close()
    page = chromium.new_context(**options, java_script_enabled=False).new_page()
    page.goto(link)
    page.goto(f"{address}/data?rated=none")
    page.locator("#f-rated").press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/data?*rated=rated*")
    assert page.locator("#f-rated option:checked").inner_text() == "mindestens einer Person"
    page.get_by_role("link", name="Alle zeigen").press("Enter")
    page.wait_for_url("**/data#replies")
    page.context.close()


def test_nothing_in_a_hostile_reply_runs_or_loads(chromium: Any, folder: Path, request: Any) -> None:
    Project(folder).open_run("reply", {"n": "hostile"}).finish(
        Reply(item=f"h{n}", prompt="p", text=one.text.encode("utf-8", "replace").decode(), model="m")
        for n, one in enumerate(HOSTILE)
    )
    address = request.getfixturevalue("address")
    context = chromium.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("dialog", lambda one: pytest.fail(f"a reply opened a dialogue: {one.message}"))
    page.on("popup", lambda _: pytest.fail("a reply opened a window"))
    page.goto(address + invited(folder, "Gus"))
    for _ in HOSTILE:
        assert page.locator(".text :is(a, img, script, iframe, form, input, style, link, svg, object)").count() == 0
        assert page.locator("h1").count() == 1
        assert browser.too_wide(page) <= 0, page.inner_text(".reply")[:200]
        page.fill("#note", "seen")
        for number in (0, 1):
            page.locator(f"input[name=score-{number}][value='1']").check()
        with page.expect_navigation():
            page.click("button[value=next]")
    assert "All done" in page.title()
    assert all(url.startswith(address) for url in asked)
    context.close()


def test_the_playground_shows_replies_as_they_stream(chromium: Any, link: str, address: str, folder: Path) -> None:
    verdict = {name: {"reason": "It says so.", "score": 1} for name in ("Be Detailed", "Be Adaptable")}
    answers = {"You score": json.dumps(verdict), "Plan my": "Day 1: **add**."}
    lines = [json.dumps({"contains": words, "text": answer}) + "\n" for words, answer in answers.items()]
    (folder / "script.jsonl").write_text("".join(lines))
    page = chromium.new_page()
    page.goto(link)
    page.goto(address + "/playground")
    page.fill("#asked", "Plan my week.")
    page.click("form[data-stream] button")
    page.wait_for_selector("[data-side=left] .scores td")
    page.wait_for_selector("[data-side=right] .scores td")
    assert page.locator("[data-side=left] strong").inner_text() == "add"
    assert "It says so." in page.inner_text("[data-side=right] .scores")
    page.close()


def _rated(folder: Path) -> None:
    project = Project(folder)
    with open_store(project.database) as store:
        people = [store.add_rater(name) for name in ("Ann", "Ben")]
        while True:
            handed = [store.next_subject(one.id, project.rubric) for one in people]
            if not any(handed):
                break
            for place, (one, subject) in enumerate(zip(people, handed, strict=True)):
                if subject is not None:
                    scores = {"Be Detailed": 1.0 - place, "Be Adaptable": 0.0}
                    store.rate(one.id, subject.id, project.rubric, scores)


def test_the_owner_takes_a_refined_rubric_over_with_keys_alone(chromium: Any, link: str, folder: Path) -> None:
    found = refined(Project(folder))
    page = chromium.new_page()
    page.goto(link)
    page.goto(link.partition("/enter/")[0] + "/workshop#refined")
    page.locator("summary", has_text="mends").focus()
    page.keyboard.press("Enter")
    assert page.locator("article.case").first.is_visible()
    page.locator("#refined-note").focus()
    page.keyboard.type("They asked for topics.")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert Project(folder).rubric == found.proposal.rubric
    assert Project(folder).decisions[-1].note == "They asked for topics."
    assert browser.too_wide(page) <= 0
    page.close()
