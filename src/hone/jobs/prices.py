"""What calls cost, from the price list of `genai-prices`; none of our own that would go stale."""

from __future__ import annotations


def price(spec: str) -> tuple[float, float] | None:
    """Dollars for one token of prompt and one of answer, or none where the model or the price list is not known.

    Args:
        spec: The model's spec. What runs on this machine costs nothing.
    """
    kind, _, name = spec.partition(":")
    if kind in {"smollm2", "gguf", "scripted", "recorded", "hf"}:
        return 0.0, 0.0
    if kind != "openai":
        return None
    try:
        from genai_prices import Usage, calc_price  # noqa: PLC0415 - the one door to the price list
    except ImportError:
        return None
    try:
        prompt = calc_price(Usage(input_tokens=1_000_000), name, provider_id="openai").total_price
        answer = calc_price(Usage(output_tokens=1_000_000), name, provider_id="openai").total_price
    except LookupError:
        return None
    return float(prompt) / 1e6, float(answer) / 1e6
