"""The command line with the Hub, as a process of its own against a stand-in."""

import asyncio
import json
import os
import sys

import pytest

from tests.bot.hub.stand_in import LLAMA, TOKENIZER, answers, dataset, drips, hangs, model, stand_in
from tests.places import ROOT

CONFIG = """\
base_model: org/llama
datasets:
  - path: org/rows
    type: alpaca
sequence_len: 1024
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 0.0002
"""


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG)
    return file


async def helpbot(running, *words, cwd=None, **more):
    """Exit code, standard output and standard error."""
    environment = {**os.environ, **running.environment(), "HF_TOKEN": "hf_secret", **more}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli", *map(str, words)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment, "PYTHONPATH": str(ROOT)},
        cwd=cwd,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def report(running, file, *words, **more):
    code, out, err = await helpbot(running, "check", "--format", "json", *words, file, **more)
    assert not err
    return code, json.loads(out)


async def test_the_json_names_what_was_found(config):
    async with stand_in() as running:
        code, found = await report(running, config, "--hub")
    assert code == 0
    assert found["hub"] == {
        "model": {
            "id": "org/llama",
            "renamed_to": None,
            "status": "found",
            "revision": model().sha,
            "params": found["memory"]["base_params"],
            "architecture": "LlamaForCausalLM",
            "context_length": 2048,
            "chat_template": True,
            "quantized": None,
            "kind": "model",
        },
        "datasets": [
            {
                "id": "org/rows",
                "status": "found",
                "config": "default",
                "split": "train",
                "rows": 40,
                "columns": ["instruction", "input", "output"],
            }
        ],
    }
    assert not {"authorization", "cookie"} & {name.lower() for _, headers in running.seen for name in headers}


@pytest.mark.parametrize("more", ["", "sample_packing: true\nattn_implementation: flash_attention_2\n"])
async def test_the_steps_are_those_of_the_same_rows_attached(config, tmp_path, more):
    config.write_text(CONFIG + more)
    held = dataset()
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in held.rows["default"]["train"]))
    async with stand_in(datasets=[held]) as running:
        _, seen = await report(running, config, "--hub")
        _, given = await report(running, config, "--dataset", rows)
    for name in ("total_num_steps", "optimizer_steps_done", "warmup_steps", "save_points", "epochs_seen"):
        assert seen["plan"][name] == given["plan"][name], name
    assert seen["plan"]["total_num_steps"] is not None


async def test_steps_of_more_rows_than_are_shown(config):
    rows = [{"instruction": f"Count to {n}.", "input": "", "output": "1 2 3"} for n in range(1000)]
    async with stand_in(datasets=[dataset(rows={"default": {"train": rows}})]) as running:
        _, found = await report(running, config, "--hub")
    assert (found["plan"]["train_rows"], found["plan"]["total_num_steps"]) == (1000, 375)
    assert found["dataset"]["rows"] == 100
    assert found["dataset"]["cut"]


async def test_columns_that_the_type_does_not_read_are_found_without_an_upload(config):
    held = dataset(rows={"default": {"train": [{"question": "One?", "answer": "Two."}] * 5}})
    async with stand_in(datasets=[held]) as running:
        code, found = await report(running, config, "--hub")
    assert code == 1
    assert any(each["rule"] == "rows-column-missing" for each in found["findings"])


async def test_nobody_is_asked_without_the_word_or_when_it_is_off(config):
    async with stand_in() as running:
        _, found = await report(running, config)
        assert "hub" not in found
        _, out, _ = await helpbot(running, "check", config)
        assert "With --hub" in out
        _, found = await report(running, config, "--hub", HELPBOT_HUB="off")
        assert found["hub"]["model"]["status"] == "off"
        assert not running.seen


async def test_a_folder_that_is_there_is_no_repository(config, tmp_path):
    (tmp_path / "org" / "llama").mkdir(parents=True)
    (tmp_path / "org" / "rows").mkdir()
    async with stand_in() as running:
        _, out, _ = await helpbot(running, "check", "--hub", "--format", "json", config, cwd=tmp_path)
        assert not running.seen
    assert json.loads(out)["hub"] == {
        "model": {**json.loads(out)["hub"]["model"], "status": "local"},
        "datasets": [],
    }


@pytest.mark.parametrize("fault", [hangs, drips, answers(500), answers(200, "<html>")])
async def test_a_hub_that_is_down_slow_or_dripping_costs_no_answer(config, fault):
    async with stand_in(faults={"/": fault}) as running:
        code, found = await report(running, config, "--hub")
    assert code == 0
    assert found["hub"]["model"]["status"] == "unreachable"
    assert found["hub"]["datasets"][0]["status"] == "unreachable"
    assert any("the Hub did not answer" in each for each in found["not_checked"])
    assert found["plan"]["global_batch_size"] == 8


@pytest.mark.parametrize(
    ("name", "rule", "severity"),
    [
        ("org/lama", "model-not-public", "warning"),
        ("org/gated", "model-gated", "advice"),
        ("org/old", "model-renamed", "advice"),
        ("org/lora", "model-is-an-adapter", "crash"),
        ("org/gguf", "model-has-no-weights", "crash"),
        ("org/bert", "model-writes-no-text", "crash"),
        ("org/4bit", "quantized-model-without-adapter", "crash"),
    ],
)
async def test_what_is_wrong_with_a_model(config, name, rule, severity):
    packed = {**LLAMA, "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}
    models = [
        model(),
        model("org/gated", gated=True),
        model("org/new", before=("org/old",)),
        model("org/bert", config={"model_type": "distilbert", "architectures": ["DistilBertForMaskedLM"]}),
        model("org/4bit", config=packed),
    ]
    bare = type(models[0])
    models.append(bare("org/lora", {"adapter_config.json": b'{"base_model_name_or_path": "org/llama"}'}))
    models.append(bare("org/gguf", {"model.gguf": b""}))
    config.write_text(CONFIG.replace("org/llama", name))
    async with stand_in(models) as running:
        code, found = await report(running, config, "--hub")
    (finding,) = [each for each in found["findings"] if each["rule"] == rule]
    assert (finding["severity"], finding["fields"]) == (severity, ["base_model"])
    assert code == (1 if severity == "crash" else 0)
    if name == "org/lama":
        assert finding["suggestion"] == "org/llama"
    if name == "org/lora":
        assert finding["suggestion"] == "org/llama"


async def test_a_tokenizer_without_a_template(config):
    bare = {key: value for key, value in TOKENIZER.items() if key != "chat_template"}
    config.write_text(CONFIG.replace("type: alpaca", "type: chat_template"))
    rows = [{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}] * 3
    async with stand_in([model(tokenizer=bare)], [dataset(rows={"default": {"train": rows}})]) as running:
        code, found = await report(running, config, "--hub")
    assert code == 1
    assert [each["rule"] for each in found["findings"] if each["severity"] == "crash"] == ["rows-template-none"]


async def test_the_command_hub():
    async with stand_in(datasets=[dataset("org/llama")]) as running:
        code, out, _ = await helpbot(running, "hub", "org/llama")
        assert code == 0
        assert "LlamaForCausalLM" in out
        assert "40 rows in train" in out
        code, out, _ = await helpbot(running, "hub", "org/lama")
        assert code == 1
        assert "Similar names: org/llama" in out
        for name in ("not a valid Hub name", "a/b/c", "../../etc", "org/a?b"):
            code, _, err = await helpbot(running, "hub", name)
            assert code == 2
            assert "not a valid Hub name" in err


async def test_an_address_that_must_not_be_asked(config):
    async with stand_in() as running:
        code, _, err = await helpbot(running, "check", "--hub", config, HF_ENDPOINT="http://hub.example")
    assert code == 2
    assert "must begin with https" in err
