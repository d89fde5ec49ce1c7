"""Draws rubrics for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from hone.domain.rubric import Anchor, Criterion, Level, Rubric, Scale, ScoredExample

words = st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text.isprintable())
"""Text of one line in any script."""
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80).filter(lambda text: text.strip())
"""Any text that a file can hold."""
names = st.lists(
    st.sampled_from(["Detailed", "Clear", "Kind", "Exact", "Élégant", "Age-Appropriate", "On Time", "Yes", "No"]),
    min_size=0,
    max_size=7,
    unique=True,
).map(lambda adjectives: [f"Be {adjective}" for adjective in adjectives])
finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    if draw(st.booleans()):
        return Scale.model_validate(draw(st.sampled_from(["-1..1", "1..5", "0..1"])))
    values = sorted(draw(st.lists(finite, min_size=2, max_size=5, unique_by=lambda value: value + 0.0)))
    levels = [Level(value=value, label=f"level {n}", anchor=draw(texts)) for n, value in enumerate(values)]
    return Scale(levels=tuple(levels))


@st.composite
def rubrics(draw: st.DrawFn) -> Rubric:
    scale, chosen = draw(scales()), draw(names)
    value = st.sampled_from(scale.values)
    criteria = []
    for name in chosen:
        anchored = draw(st.lists(value, unique=True, max_size=len(scale.values)))
        anchors = tuple(Anchor(value=level, text=draw(texts)) for level in anchored)
        criteria.append(Criterion(name=name, sentence=draw(texts), anchors=anchors))
    examples = []
    for _ in range(draw(st.integers(0, 2)) if chosen else 0):
        scored = draw(st.lists(st.sampled_from(chosen), min_size=1, unique=True))
        scores = {name: draw(value) for name in scored}
        reasons = {name: draw(texts) for name in scored if draw(st.booleans())}
        examples.append(ScoredExample(prompt=draw(texts), reply=draw(texts), scores=scores, reasons=reasons))
    return Rubric(criteria=tuple(criteria), scale=scale, examples=tuple(examples))
