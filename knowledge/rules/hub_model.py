"""What the Hub says of the base model, and of the other repositories that a config names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.examples import LINEAR, QLORA
from knowledge.finding import Severity
from knowledge.hub import (
    World,
    architecture_name,
    context_length,
    facts_of,
    found_model,
    has_weights,
    is_doubtful,
    is_known,
    is_no_generator,
    is_plain,
    kind_of,
    quantized_as,
)
from knowledge.rule import HUB, Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config
    from knowledge.hub import Repository

_GOOD = "base_model: org/model\n"
_OWN_WEIGHTS = ("reinit_weights", "base_model_config", "cls_model_config")
_OWN_CLASS = ("reward_model", "process_reward_model", "num_labels", "type_of_model", *_OWN_WEIGHTS)
_KINDS = {
    "gguf": "It has only GGUF files, which cannot be trained. Name the original model.",
    "diffusion": "This is an image generation model. Name a language model.",
}
_PACKED = frozenset({"gptq", "awq", "bitsandbytes"})


def _named(config: Config) -> tuple[Repository, ...]:
    """Every model repository that was looked up."""
    facts = facts_of(config)
    if facts is None:
        return ()
    return (*((facts.model,) if facts.model is not None else ()), *facts.others)


def _found(config: Config, *unless: str) -> Repository | None:
    """The base model where its files are public, and no key decides otherwise what is loaded."""
    facts = facts_of(config)
    if facts is None or facts.model is None or facts.model.status != "found":
        return None
    return None if any(config.get(key) for key in unless) else facts.model


_MISSING = World(models=(found_model("org/modl", status="missing", nearest=("org/model",)), found_model()))


@rule(
    Severity.WARNING,
    fields=("base_model", "base_model_config", "tokenizer_config", "processor_config", "lora_model_dir", "trl"),
    needs=(HUB,),
    bad="base_model: org/modl\n",
    good=_GOOD,
    hub=_MISSING,
)
def model_not_public(config: Config) -> Iterator[Problem]:
    """No public repository on the Hub has this name.

    To somebody who is not logged in, a private repository looks like one that does not exist. If the name is
    misspelled, the run stops when it loads the model. If the repository is private or yours, ignore this.
    """
    for found in _named(config):
        if found.status == "missing" and not is_doubtful(found.id):
            near = next(iter(found.nearest), None)
            yield problem("Not public on the Hub under this name. Check its spelling.", found.field, suggestion=near)


@rule(
    Severity.ADVICE,
    fields=("base_model", "base_model_config", "tokenizer_config", "processor_config", "lora_model_dir", "trl"),
    needs=(HUB,),
    bad="base_model: org/gated\n",
    good=_GOOD,
    hub=World(models=(found_model("org/gated", status="gated", gated=True), found_model())),
)
def model_gated(config: Config) -> Iterator[Problem]:
    """Its files require accepting its terms.

    Log in to the Hub, accept the terms on the page of the model, create a token that can read it, and set `HF_TOKEN`
    on the training machine; otherwise, the run stops when it loads the model. This check uses only what is public.
    """
    for found in _named(config):
        if found.status == "gated":
            yield problem("Gated: accept its terms on the Hub, and set `HF_TOKEN` where you train.", found.field)


@rule(
    Severity.ADVICE,
    fields=("base_model", "base_model_config", "tokenizer_config", "processor_config", "lora_model_dir", "trl"),
    needs=(HUB,),
    bad="base_model: org/before\n",
    good=_GOOD,
    hub=World(models=(found_model("org/before", renamed_to="org/model"), found_model())),
)
def model_renamed(config: Config) -> Iterator[Problem]:
    """The repository was renamed.

    The Hub redirects from the old name to the new one until somebody else takes the old name. Write the new name.
    """
    for found in _named(config):
        if found.renamed_to:
            yield problem(
                f"The new name is `{found.renamed_to}`; the Hub still redirects from the old one.", found.field
            )


@rule(
    Severity.CRASH,
    fields=("base_model", "revision_of_model"),
    needs=("revision_of_model",),
    bad=f"{_GOOD}revision_of_model: v2\n",
    good="base_model: org/other\nrevision_of_model: main\n",
    hub=World(models=(found_model(status="no-revision"), found_model("org/other"))),
)
def model_revision_missing(config: Config) -> Iterator[Problem]:
    """The base model has no such branch, tag, or commit.

    The run stops when it loads the model's config. The page of the model lists its branches and commits.
    """
    facts = facts_of(config)
    if facts is not None and facts.model is not None and facts.model.status == "no-revision":
        yield problem("The Hub has no such revision of this model.", "revision_of_model", "base_model")


@rule(
    Severity.CRASH,
    fields=("base_model", *_OWN_WEIGHTS),
    needs=(HUB,),
    bad="base_model: org/lora\n",
    good=_GOOD,
    hub=World(
        models=(
            found_model("org/lora", ("adapter_config.json", "adapter_model.safetensors"), config=None),
            found_model(),
        )
    ),
)
def model_is_an_adapter(config: Config) -> Iterator[Problem]:
    """The repository holds an adapter, not the model that it belongs to.

    Axolotl reads `config.json` of the base model, which an adapter does not have, and stops. Name the model that the
    adapter was trained on as `base_model`, and the adapter as `lora_model_dir` to train it further.
    """
    found = _found(config, *_OWN_WEIGHTS)
    if found is not None and kind_of(found) == "adapter":
        base = found.adapter.get("base_model_name_or_path") if found.adapter else None
        near = base if isinstance(base, str) and len(base) < 100 else None
        yield problem("This is an adapter, not a model: name its base model here.", "base_model", suggestion=near)


@rule(
    Severity.CRASH,
    fields=("base_model", *_OWN_WEIGHTS),
    needs=(HUB,),
    bad="base_model: org/model-GGUF\n",
    good=_GOOD,
    hub=World(models=(found_model("org/model-GGUF", ("model-Q4_K_M.gguf",), config=None), found_model())),
)
def model_has_no_weights(config: Config) -> Iterator[Problem]:
    """The repository has no weights that Transformers can load.

    It loads `.safetensors` and `.bin` files next to a `config.json`. GGUF files are made from such a repository for
    other programs, and cannot be trained.
    """
    found = _found(config, *_OWN_WEIGHTS)
    if found is None or found.files is None or kind_of(found) == "adapter":
        return
    kind = kind_of(found)
    if kind in _KINDS:
        yield problem(_KINDS[kind], "base_model")
    elif not has_weights(found) and not any("/" in name for name in found.files):
        yield problem("It has no weights that Transformers can load.", "base_model")


@rule(
    Severity.CRASH,
    fields=("base_model", "trust_remote_code", *_OWN_CLASS),
    needs=(HUB,),
    bad="base_model: org/encoder\n",
    good=_GOOD,
    hub=World(
        models=(
            found_model("org/encoder", config={"model_type": "modernbert", "architectures": ["ModernBertForMaskedLM"]}),
            found_model(),
        )
    ),
    says="Unrecognized configuration class",
)
def model_writes_no_text(config: Config) -> Iterator[Problem]:
    """A base model that does not generate text.

    Axolotl loads it with `AutoModelForCausalLM`, which does not accept encoders and encoder-decoder models, and
    stops. `type_of_model` can name another class if one fits.
    """
    found = _found(config, *_OWN_CLASS)
    model_type = found.dimensions.get("model_type") if found is not None else None
    if found is None or not isinstance(model_type, str) or not is_no_generator(model_type):
        return
    mapped = found.dimensions.get("auto_map")
    if config.get("trust_remote_code") and isinstance(mapped, dict) and "AutoModelForCausalLM" in mapped:
        return
    if is_plain(model_type):
        yield problem(f"A `{model_type}` model, which `AutoModelForCausalLM` does not load.", "base_model")


@rule(
    Severity.CRASH,
    fields=("base_model", "trust_remote_code", *_OWN_WEIGHTS),
    needs=(HUB,),
    bad="base_model: org/own-code\n",
    good=_GOOD,
    hub=World(
        models=(
            found_model("org/own-code", config={"model_type": "own", "auto_map": {"AutoConfig": "c.Config"}}),
            found_model(),
        )
    ),
    says="Please pass the argument `trust_remote_code=True`",
)
def model_needs_its_own_code(config: Config) -> Iterator[Problem]:
    """The model needs code from its repository, which is not allowed to run.

    Transformers does not know its model type, and loads the Python files of the repository only with
    `trust_remote_code: true`. Read them first: they run on your machine with your rights.
    """
    found = _found(config, *_OWN_WEIGHTS)
    model_type = found.dimensions.get("model_type") if found is not None else None
    if found is None or not isinstance(model_type, str) or is_known(model_type) or config.get("trust_remote_code"):
        return
    mapped = found.dimensions.get("auto_map")
    if isinstance(mapped, dict) and "AutoConfig" in mapped:
        yield problem("It needs code from its repository: read it, then allow `trust_remote_code`.", "base_model")


@rule(
    Severity.CRASH,
    fields=("base_model", "adapter", "load_in_4bit", "load_in_8bit", "model_quantization_config"),
    needs=(HUB,),
    bad="base_model: org/fp8\nadapter: qlora\nload_in_4bit: true\nlora_r: 16\nlora_alpha: 32\n",
    good="base_model: org/model\nadapter: qlora\nload_in_4bit: true\nlora_r: 16\nlora_alpha: 32\n",
    hub=World(
        models=(
            found_model("org/fp8", config={"model_type": "llama", "quantization_config": {"quant_method": "fp8"}}),
            found_model(),
        )
    ),
    says="The model is quantized with",
)
def model_quantized_otherwise(config: Config) -> Iterator[Problem]:
    """The weights are already quantized, and the config asks for another kind.

    Transformers refuses to quantize a quantized model with bitsandbytes. Name the repository with the 16-bit weights.
    """
    found = _found(config, "model_quantization_config")
    method = quantized_as(found) if found is not None else None
    if method is None or method in _PACKED or method == "unknown" or not is_plain(method):
        return
    adapter = config.get("adapter")
    for key in ("load_in_4bit", "load_in_8bit"):
        if config.get(key) and adapter in (("qlora", "mixlora") if key == "load_in_4bit" else ("lora",)):
            yield problem(f"Already stored in `{method}`: name the model's 16-bit repository.", "base_model", key)


@rule(
    Severity.CRASH,
    fields=("base_model", "adapter", "model_quantization_config"),
    needs=(HUB,),
    bad="base_model: org/model-4bit\n",
    good=f"base_model: org/model-4bit\n{QLORA}{LINEAR}",
    hub=World(
        models=(
            found_model(
                "org/model-4bit",
                config={
                    "model_type": "llama",
                    "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True},
                },
            ),
        )
    ),
    says="You cannot perform fine-tuning on purely quantized models",
)
def quantized_model_without_adapter(config: Config) -> Iterator[Problem]:
    """The weights are stored quantized, and there is no adapter to train.

    Quantized weights cannot be changed: the trainer stops before the first step. Train an adapter on them, or name the
    repository with the 16-bit weights.
    """
    found = _found(config, "model_quantization_config")
    method = quantized_as(found) if found is not None else None
    if method in _PACKED and not config.get("adapter"):
        yield problem(f"Stored in `{method}`: train an adapter, or name its 16-bit repository.", "base_model")


@rule(
    Severity.CRASH,
    fields=("base_model", "gptq"),
    needs=("gptq",),
    bad=f"{_GOOD}gptq: true\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n",
    good="base_model: org/model-GPTQ\ngptq: true\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n",
    hub=World(
        models=(
            found_model(
                "org/model-GPTQ", config={"model_type": "llama", "quantization_config": {"quant_method": "gptq"}}
            ),
            found_model(),
        )
    ),
    says="Please make sure to point to a GPTQ model",
)
def gptq_without_a_gptq_model(config: Config) -> Iterator[Problem]:
    """`gptq: true` with a model whose weights are not stored in GPTQ.

    Axolotl looks at the model's own config and stops. Name a repository with GPTQ weights, or remove the key.
    """
    found = _found(config)
    if found is not None and found.config is not None and config.get("gptq") and quantized_as(found) != "gptq":
        yield problem(
            "This model is not stored in GPTQ: remove the key, or name a model that is.", "gptq", "base_model"
        )


@rule(
    Severity.CRASH,
    fields=("base_model", "tensor_parallel_size", "base_model_config"),
    needs=("tensor_parallel_size",),
    bad="base_model: org/tied\ntensor_parallel_size: 2\n",
    good="base_model: org/tied\nfsdp_config:\n  reshard_after_forward: true\n",
    hub=World(
        models=(found_model("org/tied", config={"model_type": "llama", "tie_word_embeddings": True}), found_model())
    ),
    gpus=2,
    says="Tensor parallelism is incompatible with models configured with `tie_word_embeddings`",
)
def tied_model_in_tensor_parallel(config: Config) -> Iterator[Problem]:
    """Tensor parallelism with a model that shares its embeddings with its output head.

    Axolotl looks at `tie_word_embeddings` in the model's config and stops. Divide the model with FSDP instead.
    """
    found, size = _found(config, "base_model_config"), config.get("tensor_parallel_size")
    if found is None or found.config is None or not isinstance(size, int) or size < 2:
        return
    if found.config.get("tie_word_embeddings") is True:
        yield problem(
            "Incompatible: this model ties its embeddings to its head. Use `fsdp_config` instead.",
            "tensor_parallel_size",
        )


@rule(
    Severity.WARNING,
    fields=("base_model", "sequence_len", "base_model_config", "overrides_of_model_config"),
    needs=(HUB,),
    bad=f"{_GOOD}sequence_len: 8192\n",
    good=f"{_GOOD}sequence_len: 4096\n",
    hub=World(models=(found_model(),)),
)
def sequence_longer_than_the_model(config: Config) -> Iterator[Problem]:
    """`sequence_len` is longer than the texts that the model was made for.

    Its config gives the limit in `max_position_embeddings`, with rope scaling counted. The model has never seen
    positions beyond it, so longer rows teach it little; with learned positions, they end in an error.
    """
    found = _found(config, "base_model_config", "overrides_of_model_config")
    length, asked = context_length(found) if found is not None else None, config.get("sequence_len")
    if length is not None and isinstance(asked, int) and asked > length:
        yield problem(f"The model was made for texts of up to {length:,} tokens.", "sequence_len", "base_model")


@rule(
    Severity.WARNING,
    fields=("base_model", "type_of_model", "trust_remote_code"),
    needs=("type_of_model", "model_type"),
    bad=f"{_GOOD}model_type: MistralForCausalLM\n",
    good=f"{_GOOD}model_type: LlamaForCausalLM\n",
    hub=World(models=(found_model(),)),
)
def model_class_of_another_model(config: Config) -> Iterator[Problem]:
    """`model_type` names a different class from the model's own config does.

    Axolotl loads the weights into that class: what does not fit is left at random values, with no more than a warning.
    Remove the key; the class is then the model's own.
    """
    found, asked = _found(config), config.get("type_of_model")
    own = architecture_name(found) if found is not None else None
    if own is None or not isinstance(asked, str) or asked.startswith("Auto") or not is_plain(own):
        return
    if asked.endswith("ForCausalLM") and own.endswith("ForCausalLM") and asked != own:
        yield problem(f"The model's own class is `{own}`: remove the key.", "model_type", "base_model")


@rule(
    Severity.ADVICE,
    fields=("base_model",),
    needs=(HUB,),
    bad="base_model: org/old\n",
    good=_GOOD,
    hub=World(models=(found_model("org/old", ("config.json", "pytorch_model.bin")), found_model())),
)
def model_in_old_files(config: Config) -> Iterator[Problem]:
    """The weights are only available as `.bin` files.

    These are Python pickles: they load more slowly, and Transformers refuses them with a torch older than 2.6.
    """
    found = _found(config)
    if found is None or found.files is None or kind_of(found) != "model" or any("/" in name for name in found.files):
        return
    if any(name.endswith(".bin") for name in found.files) and not any(
        name.endswith(".safetensors") for name in found.files
    ):
        yield problem("It has only `.bin` weights, which load slowly and need torch 2.6.", "base_model")
