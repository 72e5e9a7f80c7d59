"""A few repositories that the examples of rules are checked against, as if the Hub had been asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.hub.facts import DataRepository, HubFacts, Repository
from knowledge.hub.targets import targets_of
from knowledge.value import record, replace

if TYPE_CHECKING:
    from knowledge.config import Config


@record
class World:
    """What is on the Hub of an example; of any other name the Hub tells nothing.

    Attributes:
        models: The models, by their names.
        datasets: The datasets.
    """

    models: tuple[Repository, ...] = ()
    datasets: tuple[DataRepository, ...] = ()

    def facts(self, config: Config) -> HubFacts:
        """What the Hub says of a config."""
        targets = targets_of(config)
        models = {each.id: each for each in self.models}
        held = {(each.id, each.config): each for each in self.datasets}

        def model(field: str, name: str) -> Repository:
            return replace(models.get(name, Repository(field=field, id=name)), field=field)

        return HubFacts(
            model=None if targets.model is None else model("base_model", targets.model.id),
            others=tuple(model(each.field, each.id) for each in targets.others),
            datasets=tuple(
                replace(
                    held.get((each.id, each.name), DataRepository(field=each.field, id=each.id)),
                    field=each.field,
                    split=each.split,
                )
                for each in targets.datasets
            ),
        )


def found_model(name: str = "org/model", files: tuple[str, ...] | None = None, **more: object) -> Repository:
    """A model for an example: a Llama with its usual files, or what the arguments make of it."""
    usual = ("config.json", "model.safetensors", "tokenizer_config.json")
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "max_position_embeddings": 4096}
    held = {"status": "found", "files": usual if files is None else files, "config": config, "template": "x", **more}
    return Repository(field="base_model", id=name, **held)  # type: ignore[arg-type]
