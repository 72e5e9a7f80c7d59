"""Loading plugins, and the fields of the smaller ones."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from knowledge.config import load_types
from knowledge.examples import LINEAR
from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config

HOME = "axolotl.integrations."
LIGER = "plugins: [axolotl.integrations.liger.LigerPlugin]\n"
MORA = f"plugins: [axolotl.integrations.mora.MoraPlugin]\nadapter: mora\nlora_r: 8\nlora_alpha: 16\n{LINEAR}"
KD = "plugins: [axolotl.integrations.kd.KDPlugin]\n"
NEMO = "plugins: [axolotl.integrations.nemo_gym.NemoGymPlugin]\n"
COMPRESSOR = "plugins: [axolotl.integrations.llm_compressor.LLMCompressorPlugin]\nllmcompressor:\n  recipe: {}\n"
WITHOUT_FIELDS = ("fla_sm120_shim.FlaSm120ShimPlugin", "mixlora.MixLoraPlugin")
IN_ONE_FILE = frozenset({"cut_cross_entropy", "fla_sm120_shim", "grokfast", "kd", "lm_eval", "spectrum"})
"""Integrations whose plugin has no module of its own below the package."""
INSTALLED = ("kernels.", "lm_eval.")
"""Short names of integrations that Python finds elsewhere first: packages of those names come with Axolotl."""


@lru_cache(maxsize=1)
def homes() -> dict[str, str]:
    """Each full name of a plugin of Axolotl's own, its longer forms included, with its usual name."""
    found = {f"{HOME}nebius.completion.NebiusCompletionPlugin": f"{HOME}nebius.completion.NebiusCompletionPlugin"}
    for name in (*load_types().plugins, *(HOME + short for short in WITHOUT_FIELDS)):
        package, _, short = name.removeprefix(HOME).partition(".")
        found[name] = name
        if package not in IN_ONE_FILE:
            found[f"{HOME}{package}.{'plugins' if package == 'swanlab' else 'plugin'}.{short}"] = name
    return found


def entries(config: Config) -> list[tuple[int, str]]:
    """The entries that are names, with a dot in place of a colon, as (index, name)."""
    written = config.raw("plugins")
    given = enumerate(written if isinstance(written, list) else ())
    return [(index, name.replace(":", ".", 1)) for index, name in given if isinstance(name, str)]


def _meant(name: str) -> str | None:
    """The usual name of the plugin that a wrong one most likely means."""
    words = [word.lower().removesuffix("plugin") for word in name.strip().split(".")]
    for full in dict.fromkeys(homes().values()):
        package, _, short = full.removeprefix(HOME).rpartition(".")
        if words[-1].replace("_", "") in (package.replace("_", ""), short.lower().removesuffix("plugin")):
            return full
    return None


def _cure(name: str) -> str:
    meant = _meant(name)
    return f"Write `{meant}`." if meant else "Check its name, or remove it."


@rule(
    Severity.ERROR,
    fields=("plugins",),
    says=("not enough values to unpack (expected 2, got 1)", "has no attribute 'partition'"),
    bad="plugins: [liger]\n",
    good=LIGER,
)
def plugin_without_module(config: Config) -> Iterator[Problem]:
    """An entry of `plugins` that is not a module with a class.

    Plugins are listed one by one as module and class, joined by a dot.
    """
    written = config.raw("plugins")
    for index, name in enumerate(written if isinstance(written, list) else ()):
        if not isinstance(name, str):
            yield problem("A name is expected: module and class, joined by a dot.", ("plugins", index))
        elif "." not in name and ":" not in name:
            yield problem(f"No module is named. {_cure(name)}", ("plugins", index), suggestion=_meant(name))


@rule(
    Severity.ERROR,
    fields=("plugins",),
    says=("No module named 'axolotl.integration", "module 'axolotl.integrations", "Could not load required plugin"),
    bad="plugins: [axolotl.integrations.ligr.LigerPlugin]\n",
    good=LIGER,
)
def plugin_unknown(config: Config) -> Iterator[Problem]:
    """A plugin that Axolotl does not have.

    The entry names a module or class below `axolotl` that 0.21.0 lacks. A listed plugin that cannot be loaded stops
    the run.
    """
    for index, name in entries(config):
        wrong = name.startswith("axolotl.") and name not in homes() and not name.endswith(".BasePlugin")
        if wrong or name.startswith(INSTALLED) or name != name.strip():
            message = f"Axolotl 0.21.0 has no such plugin. {_cure(name)}"
            yield problem(message, ("plugins", index), suggestion=_meant(name))


@rule(
    Severity.WARNING,
    fields=("plugins",),
    bad="plugins: [my_package.MyPlugin]\n",
    good=LIGER,
)
def plugin_from_elsewhere(config: Config) -> Iterator[Problem]:
    """A plugin that is not Axolotl's own.

    Its package must be installed where the run takes place, or Axolotl refuses the config. I do not know what it
    adds, changes, or checks.
    """
    for index, name in entries(config):
        if "." not in name or name.startswith(("axolotl.", *INSTALLED)) or name != name.strip():
            continue
        if name.startswith("swanlab."):
            message = "This fails where the package swanlab is installed: put `axolotl.integrations.` before it."
            yield problem(message, ("plugins", index), suggestion=HOME + name)
        elif HOME + name not in homes():
            message = "This is not Axolotl's own and was not checked: it must be installed, or loading fails."
            yield problem(message, ("plugins", index), suggestion=_meant(name))


@rule(
    Severity.ERROR,
    fields=("plugins",),
    says="duplicate base class",
    bad="plugins: [axolotl.integrations.liger.LigerPlugin, axolotl.integrations.liger.plugin.LigerPlugin]\n",
    good=LIGER,
)
def plugin_twice(config: Config) -> Iterator[Problem]:
    """One plugin under two names.

    Its fields would be declared twice. Listing the same name twice is harmless.
    """
    seen = {name: name for name in load_types().plugins if "_parallel." in name}
    for index, name in entries(config):
        full = name if name.startswith("axolotl.") else HOME + name
        usual = homes().get(full)
        if usual in load_types().plugins and seen.setdefault(usual, name) != name:
            yield problem(f"This is already loaded, as `{seen[usual]}`: remove one.", ("plugins", index))


@rule(
    Severity.WARNING,
    fields=("plugins", "llmcompressor"),
    says="No module named 'llmcompressor'",
    bad=COMPRESSOR,
    good=LIGER,
)
def plugin_needs_package(config: Config) -> Iterator[Problem]:
    """A plugin that needs a package Axolotl does not install.

    Without it, the config is refused; a config alone does not show what is installed.
    """
    if "LLMCompressorPlugin" in config.plugins:
        message = "Refused without the llmcompressor package: install it, or remove the plugin and its block."
        yield problem(message, "plugins", "llmcompressor")


@rule(
    Severity.CRASH,
    fields=("adapter", "mora", "load_in_8bit", "load_in_4bit", "gptq"),
    needs=("plugins",),
    says=(
        "mora.use_mora must be true when adapter: mora is set",
        "adapter: mora currently requires a full-precision base model",
        "adapter: mora is not compatible with GPTQ",
    ),
    bad=f"{MORA}load_in_8bit: true\n",
    good=MORA,
)
def mora_base(config: Config) -> Iterator[Problem]:
    """MoRA on quantized weights, or switched off by its own block.

    Building the adapter fails then. For quantized weights, use `adapter: lora` or `qlora`.
    """
    if "MoraPlugin" in config.plugins and config.typed("adapter") == "mora":
        for name in ("load_in_8bit", "load_in_4bit", "gptq"):
            if config.typed(name):
                yield problem("Building MoRA fails on quantized weights: remove this.", name, "adapter")
        if not config.typed("mora.use_mora"):
            yield problem("Building MoRA fails while this is off: remove it.", "mora.use_mora", "adapter")


@rule(
    Severity.WARNING,
    fields=("adapter",),
    needs=("plugins",),
    says="adapter: mora requires a PEFT build with MoRA support",
    bad=MORA,
    good=MORA.replace("adapter: mora", "adapter: lora"),
)
def mora_needs_package(config: Config) -> Iterator[Problem]:
    """MoRA, which the standard PEFT does not have.

    Building the adapter fails with it. A config alone does not show what is installed.
    """
    if "MoraPlugin" in config.plugins and config.typed("adapter") == "mora":
        yield problem(
            "Fails with the standard PEFT: install a build that includes MoRA, or use `adapter: lora`.", "adapter"
        )


GYM = f"{NEMO}nemo_gym_enabled: true\nnemo_gym_config_paths: [servers/math.yaml]\n"


@rule(
    Severity.ERROR,
    fields=("nemo_gym_enabled", "nemo_gym_config_paths", "nemo_gym_auto_start", "nemo_gym_datasets"),
    says=("nemo_gym_config_paths is required when", "nemo_gym_datasets is required when"),
    bad=GYM,
    good=f"{GYM}nemo_gym_datasets:\n  - path: math.jsonl\n",
)
def nemo_gym_incomplete(config: Config) -> Iterator[Problem]:
    """NeMo Gym without its datasets, or without the servers that it should start.

    Axolotl checks for them only if `nemo_gym_enabled` is written.
    """
    now = config.at("check_nemo_gym_config")
    if "NemoGymPlugin" not in config.plugins or not now("nemo_gym_enabled"):
        return
    starts = now("nemo_gym_auto_start") or not config.written("nemo_gym_auto_start")
    if starts and not now("nemo_gym_config_paths"):
        yield problem("Needs `nemo_gym_config_paths`, or `nemo_gym_auto_start: false`.", "nemo_gym_enabled")
    if not now("nemo_gym_datasets"):
        yield problem("Needs `nemo_gym_datasets`: a list with a `path` each.", "nemo_gym_enabled")


@rule(
    Severity.ADVICE,
    fields=("nemo_gym_enabled", "nemo_gym_auto_clone", "nemo_gym_auto_start"),
    bad=f"{GYM}nemo_gym_datasets:\n  - path: math.jsonl\n",
    good=f"{GYM}nemo_gym_datasets:\n  - path: math.jsonl\nnemo_gym_auto_clone: false\nnemo_gym_auto_start: false\n",
)
def nemo_gym_starts_early(config: Config) -> Iterator[Problem]:
    """NeMo Gym acts while the config is read.

    With `nemo_gym_enabled` written, even preprocessing clones its repository and starts its servers first.
    """
    if "NemoGymPlugin" in config.plugins and config.raw("nemo_gym_enabled"):
        deeds = {"nemo_gym_auto_clone": "clones its repository", "nemo_gym_auto_start": "starts its servers"}
        on = {name: deed for name, deed in deeds.items() if config.raw(name) or not config.written(name)}
        if on:
            cure = "set both `nemo_gym_auto_*` to false" if len(on) > 1 else f"set `{next(iter(on))}: false`"
            message = f"Every command {' and '.join(on.values())}: {cure}."
            yield problem(message, "nemo_gym_enabled", *on)


@rule(
    Severity.WARNING,
    fields=("plugins", "kd_trainer"),
    needs=("plugins",),
    bad=f"{KD}kd_alpha: 0.9\nkd_ce_alpha: 0.1\n",
    good=f"{KD}kd_trainer: true\nkd_alpha: 0.9\nkd_ce_alpha: 0.1\n",
)
def distillation_off(config: Config) -> Iterator[Problem]:
    """The distillation plugin without `kd_trainer`.

    The plugin alone trains as usual; `kd_trainer` makes it distill.
    """
    if "KDPlugin" in config.plugins and not config.typed("kd_trainer"):
        yield problem("Nothing is distilled without `kd_trainer: true`: add it.", "plugins", "kd_trainer")
