from hone.problems import read_answer
from hone.problems.arithmetic import evaluate, parts
from hone.problems.variants import variants

QUESTION = "Ada packs 48 pens into 6 boxes. She gives half of the boxes to Ben. How many pens does Ben get?"
ANSWER = (
    "One box holds 48/6=<<48/6=8>>8 pens.\nBen gets 6/2=<<6/2=3>>3 boxes.\nThat is 8*3=<<8*3=24>>24 pens.\n#### 24"
)


def test_a_variant_tells_the_same_story_with_other_numbers_that_work_out() -> None:
    made = list(variants(QUESTION, ANSWER, count=5, seed=1, id="7"))
    assert len(made) >= 3
    for problem in made:
        assert problem.group == "7"
        assert problem.question != QUESTION
        assert "<<" not in problem.reply
        for line in problem.solution.splitlines():
            left, _, right = line.partition("=")
            assert evaluate(parts(left.split()[-1])) == evaluate(parts(right.split()[0]))
        assert read_answer(problem.reply).value == problem.answer


def test_variants_are_the_same_for_the_same_seed() -> None:
    first = list(variants(QUESTION, ANSWER, count=3, seed=4, id="7"))
    assert first == list(variants(QUESTION, ANSWER, count=3, seed=4, id="7"))
    assert first != list(variants(QUESTION, ANSWER, count=3, seed=5, id="7"))


def test_a_solution_whose_marks_do_not_add_up_has_no_variants() -> None:
    assert not list(variants(QUESTION, ANSWER.replace("48/6=8", "48/6=9"), count=3, seed=1, id="7"))


def test_a_number_with_two_roles_stays() -> None:
    question = "Cem walks 8 km on 8 days. How far is that?"
    answer = "It is 8*8=<<8*8=64>>64 km.\n#### 64"
    for problem in variants(question, answer, count=3, seed=1, id="1"):
        first, second = (word for word in problem.question.split() if word.isdigit())
        assert int(first) * int(second) == int(problem.answer)


def test_a_number_that_is_also_a_word_of_the_story_stays() -> None:
    question = "Two of the 2 dogs eat 30 biscuits each. How many biscuits is that?"
    for problem in variants(question, "2*30=<<2*30=60>>60\n#### 60", count=4, seed=1, id="1"):
        assert "the 2 dogs" in problem.question


def test_a_result_that_stands_in_the_question_too_is_not_taken_for_it() -> None:
    question = "He cuts 8 lawns in 30 minutes each, twice. How many hours is that?"
    answer = "2*8=<<2*8=16>>16\n30*16=<<30*16=480>>480\n480/60=<<480/60=8>>8\n#### 8"
    for problem in variants(question, answer, count=8, seed=1, id="1"):
        assert "He cuts 8 lawns" in problem.question
        assert problem.answer == "8"


def test_sums_that_are_no_sums_have_no_value() -> None:
    assert evaluate(parts("2*(3+4)-50%")) is not None
    for text in ("", "2+", "(2", "2 x 3", "1/0", "(" * 50 + "1" + ")" * 50):
        assert evaluate(parts(text)) is None
