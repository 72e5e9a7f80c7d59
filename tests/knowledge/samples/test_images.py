"""Images in rows: what they count as, and placeholders that are written into texts."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.config import read
from knowledge.finding import Severity
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
    without = check_rows(read(run), [row(), row(images=2)], name="rows.jsonl")
    report = check_rows(read(run + "image_size: 512\n"), [row(), row(images=2)], name="rows.jsonl")
    assert report.lengths[0] == without.lengths[0] + 324
    assert report.lengths[1] == without.lengths[1] + 648
    assert report.longest == pytest.approx(without.longest + 648, abs=1)
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


@pytest.mark.parametrize(
    ("template", "mark"),
    [
        ("qwen2_vl", "<|vision_start|><|image_pad|><|vision_end|>"),
        ("gemma3", "<start_of_image>"),
        ("llama3_2_vision", "<|image|>"),
        ("pixtral", "[IMG]"),
    ],
)
def test_a_row_of_a_vision_run_is_shown_with_the_places_of_its_images(template: str, mark: str) -> None:
    run = read(RUN.format("org/some-vision-model").replace("qwen2_vl", template))
    by_column = {
        "messages": [{"role": "user", "content": "What is this?"}, {"role": "assistant", "content": "A boat."}]
    }
    for each, shown in ((row(), f"{mark}What is this?"), (by_column | {"images": ["0.jpg"]}, f"What is this?{mark}")):
        report = check_rows(run, [each] * 2, name="rows.jsonl")
        assert shown in "".join(part.text for part in report.examples[0].parts)
        assert next(part.text for part in report.examples[0].parts if part.trained).startswith("A boat.")


def test_a_template_that_cannot_print_parts_stops_a_vision_run() -> None:
    run = RUN.format("org/some-vision-model").replace("qwen2_vl", "chatml")
    found = check_rows(read(run), [row()] * 2, name="rows.jsonl").findings
    (stop,) = [each for each in found if each.rule == "rows-template-parts"]
    assert stop.severity is Severity.CRASH
    assert stop.fields == ("chat_template",)
    text = {"messages": [{"role": "user", "content": "What?"}, {"role": "assistant", "content": "A boat."}]}
    plain = check_rows(read(run), [text] * 2, name="rows.jsonl").findings
    assert "rows-template-parts" not in {each.rule for each in plain}
