"""All that comes after a check: commands, serving, and what to look at where the model disappoints."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Final

from knowledge.next_steps.commands import Command, commands_of, finished, gguf_of, output_of, types_of
from knowledge.next_steps.ollama import Modelfile, modelfile
from knowledge.samples.templates import template_names
from knowledge.value import value

if TYPE_CHECKING:
    from knowledge.config import Config

# The ranks that vLLM can serve; Axolotl's vllm-serve rounds up to the same.
_RANKS: Final = (1, 8, 16, 32, 64, 128, 256, 320, 512)


@value
class NextSteps:
    """What to do with a config.

    Attributes:
        axolotl: The version whose command line this is.
        commands: Axolotl's commands in their order.
        vllm: The line that serves the model with vLLM; empty for models that write no text.
        modelfile: What Ollama is given; None for models that write no text.
        like_the_base: What to look at where it answers like the base model.
        garbage: What to look at where it answers garbage or does not stop.
    """

    axolotl: str
    commands: tuple[Command, ...]
    vllm: str
    modelfile: Modelfile | None
    like_the_base: tuple[str, ...]
    garbage: tuple[str, ...]

    def command(self, name: str) -> Command | None:
        """One of the commands."""
        return next((each for each in self.commands if each.id == name), None)


def next_steps(config: Config, file: str) -> NextSteps | None:
    """What to do with a config.

    Args:
        config: The config, which carries the number of GPUs.
        file: Its path, as it is typed.

    Returns:
        The steps; None for what is not a training config.
    """
    if config.launcher is not None or not config.get("base_model"):
        return None
    writes = not (config.get("reward_model") or config.get("process_reward_model"))
    template, eos = template_of(config), _eos(config)
    alpaca = template is None and types_of(config) == {"alpaca"}
    return NextSteps(
        axolotl=config.types.axolotl,
        commands=commands_of(config, file),
        vllm=_vllm(config) if writes else "",
        modelfile=modelfile(gguf_of(config), template, eos, alpaca=alpaca) if writes else None,
        like_the_base=tuple(_like_the_base(config)) if writes else (),
        garbage=tuple(_garbage(config, template, eos)) if writes else (),
    )


def template_of(config: Config) -> str | None:
    """The name of Axolotl's chat template that the config uses; None for the tokenizer's own, or for none."""
    names = [config.get("chat_template")]
    names += [entry.get("chat_template") for entry in config.datasets]
    for name in names:
        if isinstance(name, str) and name:
            plain = name.removeprefix("tokenizer_default_fallback_")
            return plain if plain in template_names() and plain == name else None
    return None


def _eos(config: Config) -> str | None:
    tokens = config.get("special_tokens")
    found = tokens.get("eos_token") if isinstance(tokens, dict) else None
    return found if isinstance(found, str) and found else None


def _vllm(config: Config) -> str:
    length = config.get("sequence_len")
    parts = ["vllm", "serve", shlex.quote(finished(config)), "--served-model-name", "tuned"]
    if isinstance(length, int) and not isinstance(length, bool) and length > 0:
        parts += ["--max-model-len", str(length)]
    if config.gpus > 1:
        parts += ["--tensor-parallel-size", str(config.gpus)]
    return " ".join(parts)


def _like_the_base(config: Config) -> list[str]:
    out, base = output_of(config), str(config.get("base_model"))
    said = []
    if config.get("adapter"):
        rank = config.get("lora_r")
        fitting = next((each for each in _RANKS if isinstance(rank, int) and each >= rank), None)
        serve = (
            f" With vLLM: `vllm serve {base} --enable-lora --max-lora-rank {fitting} --lora-modules tuned={out}`."
            if fitting
            else ""
        )
        said.append(
            f"The adapter is not loaded. {out} contains only adapter_model.safetensors: load it on top of {base}, or "
            f"merge it and load {finished(config)}.{serve}"
        )
        revision = config.get("revision_of_model")
        of = f"revision {revision} of {base}" if revision else f"the revision of {base} that was trained"
        said.append(
            f"The base model is a different one. The adapter fits only {of}, not its instruct or quantized sibling."
        )
    else:
        said.append(f"A different model is loaded. The trained one is in {out}, not in {base}.")
    said.append(
        "Nothing was learned. `/checkconfig` or `helpbot health` can tell from the log: a learning rate near 0, masked "
        "labels, or a flat loss."
    )
    said.append("The prompt differs from training: compare it with a row of `axolotl preprocess --debug`.")
    return said


def _garbage(config: Config, template: str | None, eos: str | None) -> list[str]:
    said = []
    if template is not None:
        said.append(
            f"The template is a different one. This config trains with {template}; a server must use "
            "chat_template.jinja "
            f"of {finished(config)}."
        )
    elif types_of(config) == {"alpaca"}:
        said.append(
            "The prompt is a different one. Rows of type alpaca are trained with `### Instruction:` and `### "
            "Response:`; a "
            "chat endpoint sends neither. Use the completions endpoint, or the TEMPLATE of the Modelfile."
        )
    else:
        said.append(
            "The template is a different one. A server must use the tokenizer files of the trained model's folder."
        )
    ends = eos or "the tokenizer's end token"
    said.append(
        f"It does not stop. The end of an answer must be trained and be a stop token: {ends}. "
        "Check `train_on_eos`, and that `pad_token` is not the same token as `eos_token`."
    )
    tokens: Any = config.get("tokens") or config.get("added_tokens_overrides")
    if tokens and config.get("adapter") and not config.get("lora_modules_to_save"):
        said.append(
            "New tokens are untrained. With an adapter, set `lora_modules_to_save: [embed_tokens, lm_head]`, or their "
            "embeddings stay random."
        )
    if config.get("adapter") == "qlora" or config.get("load_in_4bit"):
        said.append(
            "The merge went wrong. Merge with `axolotl merge-lora`, which starts from the weights before quantizing; "
            "a merge into 4-bit weights loses much of what was learned."
        )
    said.append("The run diverged. `/checkconfig` or `helpbot health` can tell from the log.")
    return said
