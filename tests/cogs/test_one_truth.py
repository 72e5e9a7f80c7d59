"""What is found with rows is the same on every surface: in the answer, its plan, its picture, the terminal."""

from __future__ import annotations

import json
import re

import pytest

from bot.cli import main
from tests.places import ROOT

CASES = sorted((ROOT / "tests" / "cases" / "ok").glob("*.yaml"))
BAD = sorted((ROOT / "tests" / "cases" / "bad").glob("*.yaml"))
SHORT = """\
base_model: meta-llama/Llama-3.1-8B
adapter: qlora
load_in_4bit: true
lora_r: 16
lora_alpha: 32
lora_target_linear: true
datasets:
  - path: rows.jsonl
    type: alpaca
sequence_len: 4096
sample_packing: true
attn_implementation: flash_attention_2
micro_batch_size: 2
gradient_accumulation_steps: 2
num_epochs: 1
learning_rate: 2e-4
lr_scheduler: cosine
warmup_steps: 100
"""
ROWS = "".join(
    json.dumps({"instruction": f"Tell what number {index} is.", "input": "", "output": "It is a number. " * 40}) + "\n"
    for index in range(700)
)


def found_by(command: str, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    main([command, *words, "--format", "json"])
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def rules_of(findings: object) -> list[tuple[str, str, str]]:
    assert isinstance(findings, list)
    return [(each["rule"], each["severity"], each["message"]) for each in findings]


@pytest.mark.parametrize("name", ["rows.jsonl", "some.jsonl"])
def test_plan_check_and_compare_find_the_same_with_rows(tmp_path, capsys, name) -> None:
    rows = tmp_path / name
    rows.write_text(ROWS)
    for text in (SHORT, *(case.read_text() for case in CASES)):
        config = tmp_path / "config.yaml"
        config.write_text(text)
        words = (str(config), "--dataset", str(rows))
        check = found_by("check", capsys, *words)
        try:
            plan = found_by("plan", capsys, *words)
        except json.JSONDecodeError:
            assert check["dataset"]["rows_kept"] == 0, "the plan says that no row can be read"
            continue
        assert rules_of(plan["findings"]) == rules_of(check["findings"])
        assert {key: plan[key] for key in check["plan"]} == check["plan"]
        assert plan["memory"] == check["memory"]
        (tmp_path / "empty.yaml").write_text("base_model: NousResearch/Llama-3.2-1B\n")
        compared = found_by("compare", capsys, str(tmp_path / "empty.yaml"), *words)
        above = {each for each in rules_of(check["findings"]) if each[1] != "advice"}
        assert set(rules_of(compared["new_findings"])) <= above
        assert compared["verdict_after"] == check["verdict"]


async def test_discord_its_plan_and_its_picture_tell_what_the_terminal_tells(world, tools, tmp_path, capsys) -> None:
    config, rows = tmp_path / "config.yaml", tmp_path / "rows.jsonl"
    config.write_text(SHORT)
    rows.write_text(ROWS)
    check = found_by("check", capsys, str(config), "--dataset", str(rows))
    steps, warmup = check["plan"]["optimizer_steps_done"], 100
    message = await world.check(SHORT, dataset=("rows.jsonl", ROWS.encode()))
    answer = tools.words(message)
    above = [each for each in rules_of(check["findings"]) if each[1] != "advice"]
    assert {"too-few-steps", "warmup-never-ends"} <= {rule for rule, _, _ in above}
    for _, _, text in above:
        assert text in answer
    plan = await world.press(message, "Plan")
    shown = tools.words(tools.answer(plan))
    assert re.search(rf"steps +{steps}\n", shown), "the table has the steps of the answer"
    words = next(item["description"] for each in tools.components(tools.answer(plan)) for item in each.get("items", []))
    assert f"over {steps} steps" in words
    highest = float(re.search(r"highest (\S+),", words)[1])
    assert highest == pytest.approx(2e-4 * (steps - 1) / warmup, rel=0.1), "a rate that never comes is not drawn"


async def all_pages(world, tools, message) -> str:
    """The words of an answer, with those of its further pages."""
    shown = [tools.words(message)]
    while any(part.get("label") == "Next" and not part.get("disabled") for part in tools.components(message)):
        message = tools.answer(await world.press(message, "Next")) or message
        shown.append(tools.words(message))
    return "\n".join(shown)


@pytest.mark.parametrize("case", [*CASES, *BAD], ids=lambda case: case.stem)
async def test_discord_and_the_terminal_say_the_same_of_each_case(world, tools, capsys, case) -> None:
    check = found_by("check", capsys, str(case))
    message = await world.check(case.read_text())
    answer = await all_pages(world, tools, message)
    for rule, _, text in rules_of(check["findings"]):
        assert text.removeprefix("Not an Axolotl field: silently ignored. ") in answer, rule
    steps = (check["plan"] or {}).get("optimizer_steps_done")
    if steps:
        assert re.search(rf"\b{steps:,} optimizer step", answer)
        plan = tools.words(tools.answer(await world.press(message, "Plan")))
        assert re.search(rf"steps +{steps:,}\n", plan)
    if check["memory"]:
        assert f"about {check['memory']['estimate_gib']:.0f} GiB per GPU" in answer


async def test_steps_of_some_rows_are_told_as_such(world, tools) -> None:
    few = "".join(line + "\n" for line in ROWS.splitlines()[:20])
    text = tools.words(await world.check(SHORT, dataset=("part.jsonl", few.encode())))
    assert "If these 20 rows are the whole dataset, the run **hardly learns**" in text
    assert re.search(r"10,000 such rows would make about \d+", text)
    whole = tools.words(await world.check(SHORT, dataset=("part.jsonl", few.encode()), rows=500_000))
    assert "If these 20 rows are the whole dataset" not in whole
    assert "**Learns** over about" in whole


async def test_a_wrong_type_is_judged_by_the_run_with_the_block_that_is_proposed(
    world, tools, tmp_path, capsys
) -> None:
    rows = "".join(
        json.dumps({"conversations": [{"from": "human", "value": f"{n}?"}, {"from": "gpt", "value": "Yes. " * 30}]})
        + "\n"
        for n in range(240)
    )
    text = SHORT.replace("type: alpaca", "type: sharegpt")
    config, file = tmp_path / "config.yaml", tmp_path / "rows.jsonl"
    file.write_text(rows)
    config.write_text(text)
    check = found_by("check", capsys, str(config), "--dataset", str(file))
    plan = found_by("plan", capsys, str(config), "--dataset", str(file))
    block = check["findings"][0]["mended"]
    assert "field_messages: conversations" in block
    config.write_text(text.replace("datasets:\n  - path: rows.jsonl\n    type: sharegpt\n", block))
    cured = found_by("check", capsys, str(config), "--dataset", str(file))
    steps = check["plan"]["optimizer_steps_done"]
    assert cured["plan"]["optimizer_steps_done"] == steps == plan["optimizer_steps_done"]
    too_few = next(each for each in check["findings"] if each["rule"] == "too-few-steps")
    assert too_few["severity"] == "advice", "what does not start cannot be said to train too little"
    message = await world.check(text, dataset=("rows.jsonl", rows.encode()))
    answer = tools.words(message)
    assert f"With the proposed block, the run **hardly learns**: only {steps} optimizer step" in answer
    shown = tools.answer(await world.press(message, "Plan"))
    pictures = [item["description"] for each in tools.components(shown) for item in each.get("items", [])]
    assert "with the proposed block" in pictures[0]
