"""Axolotl's commands for a config, in the order in which they are run: what each needs and what it writes.

Source: `axolotl.cli` of Axolotl 0.21.0, its options and the defaults of its folders.
"""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from knowledge.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

PREPARED: Final = "last_run_prepared"
OUTPUT: Final = "./model-out"
QUANT: Final = "Q4_K_M"
_ONLINE: Final = frozenset({"grpo", "gdpo", "ebft"})


@value
class Command:
    """One command.

    Attributes:
        id: Stable name: "preprocess", "train", "resume", "inference", "evaluate", "merge-lora", "merge-sharded",
            "quantize", "export" or "vllm-serve".
        command: The line to type.
        purpose: What it is for, in a sentence.
        needs: What must be there before.
        writes: What it leaves behind; empty where it leaves nothing.
    """

    id: str
    command: str
    purpose: str
    needs: str
    writes: str


def output_of(config: Config) -> str:
    """`output_dir`, or Axolotl's default."""
    found = config.get("output_dir")
    return found if isinstance(found, str) and found else OUTPUT


def finished(config: Config) -> str:
    """The folder with the whole model: that of the merge where an adapter is trained."""
    out = output_of(config)
    return f"{out.rstrip('/')}/merged" if config.get("adapter") else out


def gguf_of(config: Config, kind: str = QUANT) -> str:
    """The file that `axolotl export` writes."""
    out = output_of(config).rstrip("/")
    return f"{out}/gguf/{PurePosixPath(out).name or 'model'}-{kind}.gguf"


def commands_of(config: Config, file: str) -> tuple[Command, ...]:
    """The commands for a config.

    Args:
        config: The config, which carries the number of GPUs.
        file: Its path, as it is typed.
    """
    name = shlex.quote(file)
    return (*_before(config, name), *_training(config, name), *_after(config, name))


def _streams(config: Config) -> bool:
    return bool(config.get("streaming") or config.get("pretraining_dataset"))


def _before(config: Config, name: str) -> Iterator[Command]:
    if not _streams(config):
        prepared: Any = config.get("dataset_prepared_path")
        yield Command(
            id="preprocess",
            command=f"axolotl preprocess {name} --debug --debug-num-examples 5",
            purpose="Tokenize the dataset and look at five rows: trained tokens are green, masked ones red.",
            needs="The dataset and the tokenizer, but no GPU.",
            writes=f"The tokenized rows, in {prepared if isinstance(prepared, str) and prepared else PREPARED}.",
        )
    if config.get("rl") in _ONLINE and config.get("vllm"):
        yield Command(
            id="vllm-serve",
            command=f"CUDA_VISIBLE_DEVICES={config.gpus} axolotl vllm-serve {name}",
            purpose="Serve the model that writes the completions; leave it running during training.",
            needs="vLLM, and a GPU that training does not use.",
            writes="",
        )


def _training(config: Config, name: str) -> Iterator[Command]:
    out = output_of(config)
    cards = f" -- --num_processes={config.gpus}" if config.gpus > 1 else ""
    shown = ",".join(str(number) for number in range(config.gpus))
    prefix = f"CUDA_VISIBLE_DEVICES={shown} " if config.gpus <= 16 else ""
    yield Command(
        id="train",
        command=f"{prefix}axolotl train {name}{cards}",
        purpose=f"Train on {config.gpus} GPU{'s' if config.gpus > 1 else ''}.",
        needs="The GPUs; the dataset is tokenized first if it has not been yet.",
        writes=f"Checkpoints and the {'adapter' if config.get('adapter') else 'model'}, in {out}.",
    )
    if not config.get("save_only_model"):
        yield Command(
            id="resume",
            command=f"{prefix}axolotl train {name} --auto-resume-from-checkpoints{cards}",
            purpose="Continue from the newest checkpoint after an interrupted run.",
            needs=f"A folder checkpoint-N in {out}.",
            writes=f"The same as training, in {out}.",
        )
    if config.get("val_set_size") or config.get("test_datasets"):
        yield Command(
            id="evaluate",
            command=f"axolotl evaluate {name}{_loads(config)}",
            purpose="Compute the evaluation loss of the trained model.",
            needs=f"A finished training run, in {out}.",
            writes="",
        )


def _loads(config: Config) -> str:
    """The option that loads what was trained, where the config names its base."""
    out = shlex.quote(output_of(config))
    return f" --lora-model-dir {out}" if config.get("adapter") else f" --base-model {out}"


def _after(config: Config, name: str) -> Iterator[Command]:
    out, whole = output_of(config), finished(config)
    if config.get("reward_model") or config.get("process_reward_model"):
        return
    if _keeps_shards(config):
        yield Command(
            id="merge-sharded",
            command=f"axolotl merge-sharded-fsdp-weights {name}",
            purpose="Put the shards that FSDP saved together into one model.",
            needs=f"The folder pytorch_model_fsdp_0 in {out}, or in its newest checkpoint.",
            writes=f"Only the weights, in {out.rstrip('/')}/merged; configuration and tokenizer stay in {out}.",
        )
    prompter = "" if _is_chat(config) else " --prompter AlpacaPrompter" if _is_alpaca(config) else ""
    yield Command(
        id="inference",
        command=f"axolotl inference {name}{_loads(config)}{' --chat' if _is_chat(config) else prompter}",
        purpose="Talk to the trained model, with the template of this config.",
        needs=f"A finished training run, in {out}.",
        writes="",
    )
    if config.get("adapter"):
        yield Command(
            id="merge-lora",
            command=f"axolotl merge-lora {name}",
            purpose="Merge the adapter into its base model, for programs that cannot load adapters.",
            needs=f"The adapter in {out}, and the base model that it was trained on.",
            writes=f"The whole model and its tokenizer, in {whole}.",
        )
    if config.get("qat") or config.get("quantization"):
        source = f" --base-model {shlex.quote(whole)}" if config.get("adapter") else ""
        yield Command(
            id="quantize",
            command=f"axolotl quantize {name}{source}",
            purpose="Quantize the trained model with TorchAO, as the config says.",
            needs=f"The whole model, in {whole}.",
            writes=f"The quantized model, in {out.rstrip('/')}/quantized.",
        )
    yield Command(
        id="export",
        command=f"axolotl export {name} --quantize {QUANT}",
        purpose="Write a GGUF file for llama.cpp and Ollama.",
        needs=f"A built checkout of llama.cpp, named in LLAMA_CPP_DIR, and the whole model in {whole}.",
        writes=f"{gguf_of(config, 'f16')} and {gguf_of(config)}.",
    )


def _keeps_shards(config: Config) -> bool:
    found = config.get("fsdp_config")
    if not isinstance(found, dict) or config.get("adapter"):
        return False
    kinds = [str(found.get(key) or "") for key in ("state_dict_type", "fsdp_state_dict_type")]
    return "SHARDED_STATE_DICT" in kinds and found.get("final_state_dict_type") != "FULL_STATE_DICT"


def _is_chat(config: Config) -> bool:
    return bool(config.get("chat_template")) or any("chat_template" in each for each in types_of(config))


def _is_alpaca(config: Config) -> bool:
    return types_of(config) == {"alpaca"}


def types_of(config: Config) -> set[str]:
    """The types of the datasets, as far as they are names."""
    return {str(entry["type"]) for entry in config.datasets if isinstance(entry.get("type"), str)}
