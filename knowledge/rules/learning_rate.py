"""Learning rate, warm-up, epochs, steps and sequence length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.finding import Severity
from knowledge.rule import Problem, problem, rule
from knowledge.schema import rename

if TYPE_CHECKING:
    from collections.abc import Iterator

    from knowledge.config import Config


@rule(
    Severity.ERROR,
    fields=("warmup_steps", "warmup_ratio"),
    needs=("warmup_steps",),
    says="warmup_steps and warmup_ratio are mutually exclusive",
    bad="warmup_steps: 10\nwarmup_ratio: 0.1\n",
    good="warmup_ratio: 0.1\n",
)
def warmup_twice(config: Config) -> Iterator[Problem]:
    """`warmup_steps` and `warmup_ratio` are both set.

    One counts steps and the other is a share of them; Axolotl accepts only one.
    """
    now = config.at("check_warmup")
    if now("warmup_steps") and now("warmup_ratio"):
        yield problem("Both say how long to warm up; keep one.", "warmup_steps", "warmup_ratio")


@rule(
    Severity.ERROR,
    fields=("noisy_embedding_alpha", "neftune_noise_alpha"),
    says="noisy_embedding_alpha is deprecated, use neftune_noise_alpha; both are set",
    bad="noisy_embedding_alpha: 5\nneftune_noise_alpha: 5\n",
    good="neftune_noise_alpha: 5\n",
)
def noise_twice(config: Config) -> Iterator[Problem]:
    """The embedding noise is set under both its old and its new name.

    `noisy_embedding_alpha` is the old name of `neftune_noise_alpha`; Axolotl accepts only one.
    """
    now = config.at("check_neftune")
    if now("noisy_embedding_alpha") and now("neftune_noise_alpha"):
        message = "Both set the same noise: keep `neftune_noise_alpha` and remove the old name."
        yield problem(message, "noisy_embedding_alpha", "neftune_noise_alpha")


@rule(
    Severity.ERROR,
    fields=("neftune_noise_alpha", "noisy_embedding_alpha"),
    says="neftune_noise_alpha must be",
    bad="neftune_noise_alpha: 0\n",
    good="neftune_noise_alpha: 5\n",
)
def noise_not_positive(config: Config) -> Iterator[Problem]:
    """`neftune_noise_alpha` is zero or less.

    Zero noise is no noise: leave the field out instead.
    """
    value = config.typed("neftune_noise_alpha")
    if value is not None and value <= 0:
        name = "neftune_noise_alpha" if config.written("neftune_noise_alpha") else "noisy_embedding_alpha"
        yield problem("Noise must be above 0. Leave the field out for none.", name)


@rule(
    Severity.WARNING,
    fields=("noisy_embedding_alpha", "neftune_noise_alpha", "num_epochs"),
    needs=("noisy_embedding_alpha",),
    bad="noisy_embedding_alpha: 5\n",
    good="neftune_noise_alpha: 5\n",
)
def noise_old_name(config: Config) -> Iterator[Problem]:
    """`noisy_embedding_alpha` is the old name of `neftune_noise_alpha`.

    Axolotl moves the value to the new name; a release that drops the old one will ignore it silently.
    """
    if config.raw("noisy_embedding_alpha") and not config.raw("neftune_noise_alpha"):
        epochs = config.typed("num_epochs")
        noise = config.raw("noisy_embedding_alpha")
        if epochs >= 5:
            message = f"Renamed to `neftune_noise_alpha`. Noise of {noise} over {epochs:g} epochs tends to do harm."
        else:
            message = "The new name is `neftune_noise_alpha`; the old one still works. Rename it."
        edit = None
        if "neftune_noise_alpha" not in config.values:
            edit = rename(config, ("noisy_embedding_alpha",), "neftune_noise_alpha")
        yield problem(message, "noisy_embedding_alpha", suggestion="neftune_noise_alpha", edit=edit)


@rule(
    Severity.ADVICE,
    fields=("neftune_noise_alpha", "num_epochs"),
    needs=("neftune_noise_alpha",),
    bad="neftune_noise_alpha: 5\nnum_epochs: 7\n",
    good="neftune_noise_alpha: 5\nnum_epochs: 2\n",
)
def noise_over_many_epochs(config: Config) -> Iterator[Problem]:
    """Noisy embeddings together with many epochs.

    A guide for factual training warns about this: many epochs help with facts, but with noise on the embeddings the
    model degrades. Lower one of the two.
    """
    noise, epochs = config.typed("neftune_noise_alpha"), config.typed("num_epochs")
    if noise and config.raw("neftune_noise_alpha") and epochs >= 5:
        message = f"Noise of {noise:g} over {epochs:g} epochs tends to harm the model: lower one of the two."
        yield problem(message, "neftune_noise_alpha", "num_epochs")


@rule(
    Severity.CRASH,
    fields=("learning_rate",),
    bad="learning_rate: -0.0001\n",
    good="learning_rate: 0.0001\n",
)
def learning_rate_negative(config: Config) -> Iterator[Problem]:
    """A negative learning rate.

    Validation accepts any number; optimizers refuse a negative rate when they are built.
    """
    rate = config.typed("learning_rate")
    if isinstance(rate, float) and rate < 0:
        yield problem(
            "The learning rate is below 0, so building the optimizer fails. Use a value above 0.", "learning_rate"
        )


@rule(
    Severity.CRASH,
    fields=("learning_rate",),
    bad="learning_rate: 0\n",
    good="learning_rate: 0.0001\n",
)
def learning_rate_zero(config: Config) -> Iterator[Problem]:
    """A learning rate of zero trains nothing.

    Every step multiplies the gradient by it, so the weights never change.
    """
    if config.typed("learning_rate") == 0:
        yield problem("The learning rate is 0, so the run ends with the weights it began with.", "learning_rate")


@rule(
    Severity.WARNING,
    fields=("learning_rate", "adapter", "optimizer"),
    bad="learning_rate: 2\n",
    good="learning_rate: 0.0002\n",
)
def learning_rate_huge(config: Config) -> Iterator[Problem]:
    """A learning rate far above what fine-tuning uses.

    Usual ranges are 1e-6 to 5e-5 for full training and 5e-5 to 1e-3 for LoRA; at 0.1 and above, the loss diverges.
    """
    rate = config.typed("learning_rate")
    own_scale = str(config.typed("optimizer")).lower() in ("adafactor", "muon", "muon_8bit", "sgd", "dion", "polora")
    if isinstance(rate, float) and rate >= 0.1 and not own_scale:
        yield problem(
            f"Far too high: {rate:g} makes the loss diverge. The usual range is 1e-5 to 5e-4.", "learning_rate"
        )


@rule(
    Severity.CRASH,
    fields=("sequence_len",),
    bad="sequence_len: 0\n",
    good="sequence_len: 2048\n",
)
def sequence_len_not_positive(config: Config) -> Iterator[Problem]:
    """A sequence length of zero or less.

    Validation only asks for a whole number; then every row is too long and preparing the data fails or leaves none.
    """
    length = config.typed("sequence_len")
    if isinstance(length, int) and length <= 0:
        yield problem("The sequence length must be above 0, or no rows are left.", "sequence_len")


@rule(
    Severity.CRASH,
    fields=("num_epochs", "max_steps"),
    bad="num_epochs: 0\n",
    good="num_epochs: 1\n",
)
def epochs_not_positive(config: Config) -> Iterator[Problem]:
    """`num_epochs` of zero or less, without `max_steps`.

    The step count is computed from it; without steps, nothing is trained.
    """
    epochs = config.typed("num_epochs")
    if epochs <= 0 and not config.get("max_steps"):
        yield problem("No epochs means no steps: nothing is trained. Set `num_epochs` to 1 or more.", "num_epochs")


@rule(
    Severity.ADVICE,
    fields=("num_epochs",),
    bad="num_epochs: 20\n",
    good="num_epochs: 5\n",
)
def many_epochs(config: Config) -> Iterator[Problem]:
    """A large number of epochs.

    Many passes help a model memorize facts; beyond about ten most runs only memorize the wording.
    """
    epochs = config.typed("num_epochs")
    if epochs > 12:
        yield problem(
            f"Repeats every row {epochs:g} times: good for facts; otherwise it memorizes wording.", "num_epochs"
        )
