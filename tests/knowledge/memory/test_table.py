"""Which cards hold a model, by method and length."""

from __future__ import annotations

from bot.views.fit import draw_fit, fit_alt, fit_text
from knowledge.memory import fit_table


def test_longer_rows_need_more_and_smaller_methods_less():
    found = {method: fit_table("meta-llama/Llama-3.1-8B", method) for method in ("qlora", "lora", "full")}
    for table in found.values():
        assert list(table.needs_gib) == sorted(table.needs_gib)
    assert found["qlora"].needs_gib[0] < found["lora"].needs_gib[0] < found["full"].needs_gib[0]
    assert dict(found["qlora"].cards)[12][0]
    assert not dict(found["full"].cards)[24][0]


def test_more_gpus_hold_what_one_does_not():
    one, eight = (fit_table("meta-llama/Llama-3.1-70B", "lora", gpus) for gpus in (1, 8))
    assert not dict(one.cards)[80][0]
    assert dict(eight.cards)[80][0]


def test_an_unknown_model_has_no_table():
    assert fit_table("./merged", "qlora") is None
    assert fit_table("a: [b\n'", "qlora") is None


def test_the_table_is_narrow_enough_for_a_phone_and_the_picture_has_words():
    found = fit_table("meta-llama/Llama-3.1-8B", "qlora")
    assert max(map(len, fit_text(found).splitlines())) <= 40
    assert "12 GB: up to" in fit_alt(found)
    assert draw_fit(found).startswith(b"\x89PNG")


def test_the_experts_of_a_mixture_count_as_quantized_and_the_table_says_so() -> None:
    found = {method: fit_table("Qwen/Qwen3-30B-A3B", method) for method in ("qlora", "lora")}
    assert found["qlora"] is not None
    assert found["lora"] is not None
    assert (found["qlora"].experts, found["lora"].experts) == (True, False)
    assert found["qlora"].needs_gib[0] < found["lora"].needs_gib[0] / 2
    dense = fit_table("meta-llama/Llama-3.1-8B", "qlora")
    assert dense is not None
    assert not dense.experts
