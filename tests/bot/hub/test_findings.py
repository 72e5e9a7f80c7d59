"""What a config is told after its names were looked up: one line of the stand-in's faults each."""

import pytest

from knowledge import check
from knowledge.rules.targets import MAMBA
from tests.bot.hub.stand_in import LLAMA, TOKENIZER, dataset, model

LORA = "adapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\n"
CONFIG = (
    "base_model: org/llama\ndatasets:\n  - path: org/rows\n    type: alpaca\nsequence_len: 1024\n"
    "micro_batch_size: 2\ngradient_accumulation_steps: 1\nnum_epochs: 3\nlearning_rate: 0.0002\n"
)
STRETCHED = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 2048}
STATE_SPACE = {**MAMBA, "architectures": ["Mamba2ForCausalLM"]}
OPT = {
    "model_type": "opt",
    "architectures": ["OPTForCausalLM"],
    "hidden_size": 64,
    "ffn_dim": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 100,
    "word_embed_proj_dim": 64,
}


def stored(method, **more):
    return {**LLAMA, "quantization_config": {"quant_method": method, **more}}


async def rules(ask, text, models, datasets):
    """Rule to severity of what is found; `org/llama` and `org/rows` are there unless they are given."""
    named = {each.id for each in models}
    client = await ask([*models, *(() if "org/llama" in named else (model(),))], datasets or [dataset()])
    report = check(text, hub=await client.look(text))
    return {each.rule: each.severity.name for each in report.findings}


@pytest.mark.parametrize(
    ("config", "files", "more", "rule", "severity"),
    [
        (LLAMA, None, "revision_of_model: v9\n", "model-revision-missing", "CRASH"),
        (LLAMA, {"model_index.json": b"{}"}, "", None, None),
        (
            stored("fp8"),
            None,
            LORA.replace("lora\n", "qlora\n", 1) + "load_in_4bit: true\n",
            "model-quantized-otherwise",
            "CRASH",
        ),
        (stored("gptq", bits=4), None, "", "quantized-model-without-adapter", "CRASH"),
        (
            stored("bitsandbytes", load_in_4bit=True),
            None,
            LORA.replace("lora\n", "qlora\n", 1) + "load_in_4bit: true\n",
            None,
            None,
        ),
        (LLAMA, None, "gptq: true\n" + LORA, "gptq-without-a-gptq-model", "CRASH"),
        (
            {**LLAMA, "tie_word_embeddings": True},
            None,
            "tensor_parallel_size: 2\n",
            "tied-model-in-tensor-parallel",
            "CRASH",
        ),
        (
            {**LLAMA, "model_type": "own", "auto_map": {"AutoConfig": "c.C"}},
            None,
            "",
            "model-needs-its-own-code",
            "CRASH",
        ),
        (LLAMA, None, "model_type: MistralForCausalLM\n", "model-class-of-another-model", "WARNING"),
        (STATE_SPACE, None, LORA, "linear-target-that-peft-refuses", "CRASH"),
        (OPT, None, LORA, "kernels-cannot-rewrite-attention", "CRASH"),
        (OPT, None, LORA + "lora_qkv_kernel: false\nlora_o_kernel: false\n", None, None),
    ],
)
async def test_of_a_model(ask, config, files, more, rule, severity):
    found = await rules(ask, CONFIG + more, [model(config=config, files=files, tensors={})], ())
    if rule is None:
        assert "CRASH" not in found.values()
    else:
        assert found.get(rule) == severity


@pytest.mark.parametrize(
    ("config", "length", "told"),
    [
        (LLAMA, 2048, False),
        (LLAMA, 4096, True),
        ({**LLAMA, "rope_scaling": STRETCHED}, 8192, False),
        ({**LLAMA, "rope_scaling": STRETCHED}, 16384, True),
        (
            {"model_type": "gemma3", "text_config": {"model_type": "gemma3_text", "max_position_embeddings": 512}},
            1024,
            True,
        ),
    ],
)
async def test_of_a_length(ask, config, length, told):
    text = CONFIG.replace("sequence_len: 1024", f"sequence_len: {length}")
    found = await rules(ask, text, [model(config=config, tensors={})], ())
    assert ("sequence-longer-than-the-model" in found) is told


async def test_of_weights_in_old_files_and_of_pictures(ask):
    old = model(weights=False, files={"pytorch_model.bin": b""})
    assert (await rules(ask, CONFIG, [old], ()))["model-in-old-files"] == "ADVICE"
    painter = type(old)("org/llama", {"model_index.json": b"{}", "unet/model.safetensors": b""})
    assert (await rules(ask, CONFIG, [painter], ()))["model-has-no-weights"] == "CRASH"


ROWS = [{"instruction": "Count.", "input": "", "output": "1"}] * 200


@pytest.mark.parametrize(
    ("held", "more", "rule", "severity"),
    [
        (dataset("org/row"), "", "dataset-not-public", "WARNING"),
        (dataset(gated=True), "", "dataset-gated", "ADVICE"),
        (dataset("org/new", before=("org/rows",)), "", "dataset-renamed", "ADVICE"),
        (dataset(more={"siblings": [{"rfilename": "rows.py"}]}), "", "dataset-of-a-script", "CRASH"),
        (dataset(rows={"en": {"train": ROWS}, "de": {"train": ROWS}}), "", "dataset-config-missing", "CRASH"),
        (dataset(rows={"en": {"train": ROWS}, "de": {"train": ROWS}}), "    name: en\n", None, None),
        (dataset(rows={"default": {"test": ROWS}}), "", "dataset-split-missing", "CRASH"),
        (dataset(rows={"default": {"test": ROWS}}), "    split: test[:50%]\n", None, None),
        (dataset(), "    revision: v9\n", "dataset-revision-missing", "CRASH"),
        (
            dataset(rows={"default": {"train": [{"question": "?", "answer": "!"}] * 9}}),
            "",
            "rows-column-missing",
            "CRASH",
        ),
    ],
)
async def test_of_a_dataset(ask, held, more, rule, severity):
    found = await rules(ask, CONFIG.replace("    type: alpaca\n", f"    type: alpaca\n{more}"), (), [held])
    if rule is None:
        assert "CRASH" not in found.values()
    else:
        assert found.get(rule) == severity


async def test_half_of_a_split_makes_half_of_the_steps(ask):
    text = CONFIG.replace("type: alpaca", "type: alpaca\n    split: train[:50%]")
    client = await ask([model(tokenizer=TOKENIZER)], [dataset(rows={"default": {"train": ROWS}})])
    report = check(text, hub=await client.look(text))
    assert report.plan is not None
    assert report.plan.total_num_steps == 150
