"""Images in rows: what they count as, and placeholders that are written into texts."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.config import read
from knowledge.samples import check_rows
from knowledge.samples.image_tokens import image_tokens

RUN = """\
base_model: {}
processor_type: AutoProcessor
chat_template: qwen2_vl
skip_prepare_dataset: true
remove_unused_columns: false
sample_packing: false
datasets:
  - path: rows.jsonl
    type: chat_template
"""


def row(text: str = "What is this?", images: int = 1) -> dict[str, Any]:
    seen = [{"type": "image", "path": f"{number}.jpg"} for number in range(images)]
    asked = {"role": "user", "content": [*seen, {"type": "text", "text": text}]}
    return {"messages": [asked, {"role": "assistant", "content": [{"type": "text", "text": "A boat."}]}]}


# What the processors of Transformers 5.20.1 make of images of these sizes.
@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("Qwen/Qwen2.5-VL-3B-Instruct", 512, 324),
        ("Qwen/Qwen2.5-VL-3B-Instruct", [40, 40], 4),
        ("Qwen/Qwen3-VL-8B-Instruct", [640, 480], 300),
        ("google/gemma-3-4b-it", None, 260),
        ("meta-llama/Llama-3.2-11B-Vision-Instruct", 512, 1),
        ("HuggingFaceTB/SmolVLM2-500M-Video-Instruct", 512, 16 * 66 + 4 + 67),
        ("mistral-community/pixtral-12b", 512, 1056),
        ("mistralai/Mistral-Small-3.1-24B-Instruct-2503", 512, 380),
        ("llava-hf/llava-1.5-7b-hf", None, 576),
        ("OpenGVLab/InternVL3-8B-hf", 512, 258),
        ("OpenGVLab/InternVL3-8B-hf", [1344, 448], 1026),
        ("Qwen/Qwen2.5-VL-3B-Instruct", None, None),
        ("org/some-vision-model", 512, None),
    ],
)
def test_an_image_counts_as_its_processor_makes_it(model: str, size: object, tokens: int | None) -> None:
    assert image_tokens(model, size) == tokens


def test_every_image_of_a_row_is_in_its_length() -> None:
    run = RUN.format("Qwen/Qwen2.5-VL-3B-Instruct")
    without = check_rows(read(run), [row()], name="rows.jsonl")
    report = check_rows(read(run + "image_size: 512\n"), [row(), row(images=2)], name="rows.jsonl")
    assert report.lengths[0] == without.lengths[0] + 324
    assert report.longest - 648 == pytest.approx(without.longest, abs=8)
    assert "Each image counts as 324 tokens." in report.notes
    assert any("`image_size` sets one" in note for note in without.notes)


def test_a_placeholder_in_a_text_is_told_where_the_image_is_a_part_too() -> None:
    found = check_rows(read(RUN.format("Qwen/Qwen2.5-VL-3B-Instruct")), [row("<image> What?")], name="rows.jsonl")
    assert "rows-image-mark" in {each.rule for each in found.findings}


def test_a_placeholder_without_an_image_is_told() -> None:
    run = read(RUN.format("Qwen/Qwen2.5-VL-3B-Instruct"))
    chat = {"messages": [{"role": "user", "content": "<image> What?"}, {"role": "assistant", "content": "A cat."}]}
    found = check_rows(run, [chat, row("What?")], name="rows.jsonl")
    assert [each.row for each in found.findings if each.rule == "rows-image-missing"] == [1]
    plain = check_rows(run, [row("What?")], name="rows.jsonl")
    assert "rows-image-missing" not in {each.rule for each in plain.findings}
