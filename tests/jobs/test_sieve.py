from hone.jobs.sieve import Sieve


def test_every_key_that_was_put_in_is_found() -> None:
    sieve = Sieve()
    keys = [f"{number:016x}" for number in range(20_000)]
    for key in keys:
        sieve.put(key)
    assert all(key in sieve for key in keys)


def test_few_other_keys_are_taken_for_known() -> None:
    sieve = Sieve()
    for number in range(20_000):
        sieve.put(f"{number:016x}")
    wrong = sum(f"other {number}" in sieve for number in range(20_000))
    assert wrong < 20
