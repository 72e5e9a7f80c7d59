"""What anybody may put into a public repository: no value of it stops a check or costs a number."""

import random

import pytest

from knowledge.check import check
from knowledge.hub import DataRepository, HubFacts, Repository
from knowledge.json_values import from_json, to_json

CONFIG = """\
base_model: org/model
adapter: lora
lora_r: 8
lora_alpha: 16
lora_target_linear: true
load_in_8bit: true
gptq: true
tensor_parallel_size: 2
datasets:
  - path: org/rows
    type: alpaca
sequence_len: 4096
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 1
learning_rate: 0.0001
"""
KEYS = (
    *("model_type", "architectures", "max_position_embeddings", "rope_scaling", "rope_parameters"),
    *("quantization_config", "text_config", "auto_map", "tie_word_embeddings", "hidden_size", "num_hidden_layers"),
    *("num_attention_heads", "vocab_size", "is_encoder_decoder", "head_dim", "intermediate_size"),
)
VALUES = (
    *(None, True, -1, 0, 3.5, 10**30, float("inf"), "", "x", "llama", [], [1], ["LlamaForCausalLM"], {}, {"a": 1}),
    *({"factor": 4, "type": "yarn"}, {"quant_method": "fp8"}, {"quant_method": 3}, {"model_type": "llama"}),
)


def repository(chance: random.Random) -> Repository:
    config = {key: chance.choice(VALUES) for key in KEYS if chance.random() < 0.6}
    if chance.random() < 0.5:
        config["model_type"] = chance.choice(("llama", "mamba2", "bert", "gemma3"))
    return Repository(
        field="base_model",
        id="org/model",
        status=chance.choice(("found", "gated", "missing")),
        config=chance.choice((config, None)),
        listing=config,
        files=chance.choice((None, (), ("config.json",), ("config.json", "a.bin"), ("x.gguf",))),
        tensors=chance.choice(({}, {"BF16": -5}, {"U8": 10**12}, {"": 0})),
        template=chance.choice((None, "", "{{ x", "{% for m in messages %}{{ m }}{% endfor %}")),
        adapter=chance.choice((None, {"base_model_name_or_path": 3})),
    )


def dataset(chance: random.Random) -> DataRepository:
    alpaca = {"instruction": "a", "output": "b"}
    return DataRepository(
        field="datasets[0]",
        id="org/rows",
        status="found",
        config="default",
        split=chance.choice(("train", "train[:50%]", "a[b]")),
        rows=chance.choice((None, 0, 1, 5, 10**9)),
        columns=("a",),
        sample=chance.choice(((), ({},), ({"instruction": 1},), (alpaca,) * 50)),
        whole=chance.choice((True, False)),
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_value_of_a_repository_stops_a_check(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        facts = HubFacts(model=repository(chance), datasets=(dataset(chance),))
        report = check(CONFIG, hub=from_json(HubFacts, to_json(facts)))
        assert report.failures == ()
        assert report.hub is not None
