"""Nobody's text becomes a link, a mention or a heading."""

import pytest
from discord import ui

from bot.views.explanation import related
from bot.views.kit.escape import inert, spoken
from bot.views.kit.layout import layout


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("`a` takes text.", "`a` takes text."),
        ("`added[0]` and ``a`b`` are two.", "`added[0]` and ``a`b`` are two."),
        ("`1`[free](https://evil.test/)` takes text.", "`1`\\[free\\](https:\\//evil.test/)` takes text."),
        ("EVIL[X](HTTPS://E.VIL)<@1> @everyone", "EVIL\\[X\\](HTTPS:\\//E.VIL)\\<\\@1> \\@everyone"),
        ("a\n# b", "a # b"),
        ("a \\[b\\](https:\\//evil.test) stays", "a \\[b\\](https:\\//evil.test) stays"),
        ("\\\\[b](https://evil.test)", "\\\\\\[b\\](https:\\//evil.test)"),
        ("\\`[free](https://evil.test)`", "\\\\`[free](https://evil.test)`"),
        ("```", "```"),
        ("", ""),
    ],
)
def test_what_leaves_the_code_of_a_sentence_is_shown_as_it_was_written(sentence, shown):
    assert spoken(sentence) == shown


def test_a_megabyte_of_backticks_is_read_in_one_go():
    assert spoken("`a" * 500_000)
    assert spoken("".join("`" * (number % 90) + "x" for number in range(20_000)))


def test_what_is_not_seen_stands_in_no_option_of_a_select():
    names = [("lora_r", "why: not `\x1b[31mred\u202e`"), ("k\x00ey", "why"), ("a\u202eb", None)]
    select = related("Explain", 1, names)
    (option,) = layout(ui.ActionRow(select)).children[0].children[0].item.options
    assert (option.label, option.value, option.description) == ("lora_r", "lora_r", "why: not `[31mred`")


def test_of_two_links_both_are_inert():
    assert inert("[a](b) [c](https://d.test)") == "\\[a\\](b) \\[c\\](https:\\//d.test)"
