"""Rating without JavaScript: what is shown, saved, changed, skipped, undone, and what a rater never sees."""

from __future__ import annotations

from hone.web.site import Site
from tests.web.conftest import Browser, Come


def scores(site: Site) -> dict[tuple[str, str, str], float]:
    return {(row.rater, row.item, row.criterion): row.score for row in site.store.ratings(site.rubric)}


def test_a_rater_who_opens_a_link_is_at_the_first_reply(come: Come) -> None:
    ann = come()
    assert ann.path.startswith("/rate/")
    assert "The reply" in ann.html
    assert "<math" in ann.html


def test_each_criterion_is_a_group_of_labelled_buttons_with_its_anchors(come: Come) -> None:
    html = come().html
    assert html.count("<fieldset") == 2
    assert html.count('type="radio"') == 6
    assert "<legend>Be Detailed</legend>" in html
    assert "The reply meets the criterion clearly" in html


def test_a_rating_is_saved_and_the_next_reply_is_shown(site: Site, come: Come) -> None:
    ann = come()
    first = ann.path
    ann.rate(1, -1, note="good")
    assert ann.path != first
    assert sorted(scores(site).values()) == [-1, 1]
    assert "<b>1</b> rated" in ann.html


def test_a_part_of_a_rating_is_kept_and_the_page_says_what_is_missing(site: Site, come: Come) -> None:
    ann = come()
    first = ann.path
    ann.rate(1)
    assert ann.path == first
    assert "Choose a level for each criterion" in ann.html
    assert ann.html.count(" checked>") == 1
    assert list(scores(site).values()) == [1]


def test_a_double_submit_is_one_rating(site: Site, come: Come) -> None:
    ann = come()
    path, key, token, rubric = ann.path, ann.field("key"), ann.token, ann.field("rubric")
    fields = {"token": token, "key": key, "rubric": rubric, "score-0": "1", "score-1": "0"}
    for _ in range(2):
        ann.client.post(path, data=fields)
    assert len([one for one in site.store.history(limit=50) if one.place == "ratings"]) == 2


def test_a_form_that_the_browser_kept_is_saved_again_where_something_changed(site: Site, come: Come) -> None:
    ann = come()
    path = ann.path
    fields = {"token": ann.token, "key": ann.field("key"), "rubric": ann.field("rubric"), "score-1": "0"}
    for level in ("1", "-1"):
        ann.client.post(path, data=fields | {"score-0": level})
    assert sorted(scores(site).values()) == [-1, 0]


def test_a_rater_goes_back_changes_a_rating_and_finds_their_place_again(site: Site, come: Come) -> None:
    ann = come()
    first = ann.path
    ann.rate(1, 1)
    second = ann.path
    assert f'rel="prev" href="{first}"' in ann.html
    ann.get(first)
    assert ann.html.count(" checked>") == 2
    ann.rate(-1, 0)
    assert ann.path == second
    assert sorted(scores(site).values()) == [-1, 0]
    ann.get("/")
    assert ann.path == second


def test_the_last_save_can_be_undone(site: Site, come: Come) -> None:
    ann = come()
    first = ann.path
    ann.rate(1, 1)
    ann.send("/undo", key="u1", at="/rate")
    assert ann.path == first
    assert scores(site) == {}
    ann.send("/undo", key="u2", at="/rate")
    assert "nothing to undo" in ann.html


def test_a_skip_wants_a_reason_and_moves_on(site: Site, come: Come) -> None:
    ann = come()
    first = ann.path
    ann.send(f"{first}/skip", reason="", key="s0")
    assert ann.code == 400
    ann.get(first)
    ann.send(f"{first}/skip", reason="not my subject", key="s1")
    assert ann.path != first
    assert "Skipped" in ann.html
    ann.get("/mine")
    assert "skipped: not my subject" in ann.html


def test_a_rater_sees_nothing_of_others_of_the_judge_or_of_who_wrote(site: Site, come: Come) -> None:
    ann = come("Ann Abel")
    while "All done" not in ann.html:
        ann.rate(1, 1, note="a secret note")
    ben = come("Ben Boole")
    for path in (ben.path, "/rate", "/compare", "/mine"):
        html = ben.get(path)
        for secret in ("Ann", "secret note", "writer-1", "with rubric", "task alone", " checked"):
            assert secret not in html


def test_a_reply_that_was_never_handed_out_is_not_there_for_a_rater(site: Site, come: Come) -> None:
    ann, ben = come("Ann"), come("Ben")
    ann.rate(1, 1)
    other = next(one for one in site.store.mine(site.store.add_rater("Ann").id, site.rubric)).subject.id
    if f"/rate/{other}" != ben.path:
        ben.get(f"/rate/{other}")
        assert ben.code == 404


def test_when_everything_is_rated_the_rater_is_thanked(come: Come) -> None:
    ann = come()
    for _ in range(4):
        ann.rate(1, 0)
    assert "Thank you, Ann" in ann.html


def test_a_form_of_another_rubric_is_refused_and_says_so(site: Site, come: Come) -> None:
    ann = come()
    ann.send(ann.path, rubric="0" * 16, **{"score-0": "1"})
    assert ann.code == 400
    assert "criteria have changed" in ann.html


def test_scores_off_the_scale_are_refused(site: Site, come: Come) -> None:
    ann = come()
    path, rubric = ann.path, ann.field("rubric")
    for score in ("7", "nan", "inf", "abc", "1e309"):
        ann.get(path)
        ann.send(path, rubric=rubric, **{"score-0": score})
        assert ann.code == 400
        assert "not on the scale" in ann.html
    assert scores(site) == {}


def test_the_script_gets_json(come: Come) -> None:
    ann = come()
    fields = {"token": ann.token, "rubric": ann.field("rubric"), "score-0": "1", "key": "x1"}
    answer = ann.client.post(ann.path, data=fields, headers={"Accept": "application/json"})
    assert answer.json() == {"saved": True, "complete": False}
    answer = ann.client.post(ann.path, data=fields | {"score-0": "9"}, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert "not on the scale" in answer.json()["error"]


def test_a_pair_is_compared_changed_and_undone(site: Site, come: Come) -> None:
    ann = come()
    ann.get("/compare")
    first = ann.path
    ann.send(first, side="left", key="c1", note="clearer")
    assert ann.path != first
    assert len(site.store.choices()) == 1
    ann.get(first)
    assert "You chose the left one" in ann.html
    ann.send(first, side="tie", key="c2")
    assert [one.winner for one in site.store.choices()] == ["tie"]
    ann.send("/undo", key="c3", at="/compare")
    assert ann.path == first
    assert "You chose the left one" in ann.html


def test_sides_are_drawn_and_recorded(site: Site, come: Come) -> None:
    for name in ("Ann", "Ben", "Cid", "Dot", "Eve", "Fay"):
        browser = come(name)
        browser.get("/compare")
        while browser.path.startswith("/compare/"):
            browser.send(browser.path, side="left", key=browser.field("key"))
    orders = {one.order for one in site.store.choices()}
    assert orders == {"AB", "BA"}
    for one in site.store.choices():
        assert one.winner == one.order[0]


def test_the_owner_on_this_machine_needs_no_link(owner: Browser) -> None:
    owner.get("/rate")
    assert owner.code == 200
    assert "Olga" in owner.html


def test_raters_can_unfold_what_the_writer_was_told_and_never_see_the_rubric_prompt(site: Site, come: Come) -> None:
    task = site.project.settings.task
    for path in ("/rate", "/compare"):
        page = come("Ana").get(path)
        folded = page.partition('<details class="told">')[2].partition("</details>")[0]
        assert "What the writer was told" in folded
        assert task.role.split(",")[0] in folded
        assert "will be judged by these criteria" not in page


def test_a_reply_that_was_cut_is_marked(site: Site, come: Come) -> None:
    marked = "was cut at its length limit"
    ann = come("Ann")
    assert marked not in ann.html
    for run in site.project.folder.glob("runs/*-reply-*/results.jsonl"):
        run.write_text(run.read_text().replace('"cut":false', '"cut":true'))
    assert marked in ann.get(ann.path)
    for run in site.project.folder.glob("runs/*-reply-*/results.jsonl"):
        run.write_text("{ damaged\n")
    assert marked not in ann.get(ann.path)
