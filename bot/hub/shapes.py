"""What the Hub and its dataset viewer answer, as much of it as is read; whatever has another shape is refused."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.hub.transport import Answer, Unreachable

_MOST_NAMES = 4_000
_LONGEST_NAME = 400


class Shape(BaseModel):
    """Strict about what is read, indifferent to the rest."""

    model_config = ConfigDict(extra="ignore", frozen=True)


_Shape = TypeVar("_Shape", bound=Shape)


def _few(value: Any) -> Any:
    """At most so many entries of a list; null counts as an empty one."""
    return value[:_MOST_NAMES] if isinstance(value, list) else value or []


Name = Annotated[str, Field(max_length=_LONGEST_NAME)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_few)]


class Sibling(Shape):
    """One file."""

    rfilename: Name


class Tensors(Shape):
    """The stored tensors: elements by type, and together."""

    parameters: dict[str, int] = Field(default_factory=dict)
    total: int | None = None


class Info(Shape):
    """A repository of either kind. `gated` is "auto" or "manual" where its terms have to be accepted."""

    id: Name
    sha: Annotated[str | None, Field(pattern=r"^[\w.-]{1,64}$")] = None
    gated: bool | str | None = None
    disabled: bool | None = None
    tags: Names = ()
    siblings: Annotated[tuple[Sibling, ...], BeforeValidator(_few)] | None = None

    @property
    def files(self) -> tuple[str, ...] | None:
        """The names of its files."""
        return None if self.siblings is None else tuple(each.rfilename for each in self.siblings)


class ModelInfo(Info):
    """A model."""

    library_name: Name | None = None
    pipeline_tag: Name | None = None
    safetensors: Tensors | None = None
    config: dict[str, Any] | None = None


class CardConfig(Shape):
    """A configuration as the card of a dataset declares it."""

    config_name: Name = "default"
    default: bool = False


class Card(Shape):
    """The head of a dataset's card."""

    configs: Annotated[tuple[CardConfig, ...], BeforeValidator(_few)] = ()


class DataInfo(Info):
    """A dataset."""

    card: Card | None = Field(default=None, alias="cardData")


class Hit(Shape):
    """A repository that a search has found."""

    id: Name


class Split(Shape):
    """A split, and how many rows of it the viewer has; `estimated_num_rows` where it has a part only."""

    config: Name
    split: Name
    num_rows: int | None = None
    estimated_num_rows: int | None = None


class Splits(Shape):
    """The answer of /splits."""

    splits: Annotated[tuple[Split, ...], BeforeValidator(_few)]


class Sizes(Shape):
    """The inner part of /size."""

    splits: Annotated[tuple[Split, ...], BeforeValidator(_few)]


class Size(Shape):
    """The answer of /size."""

    size: Sizes
    partial: bool = False


class Feature(Shape):
    """A column and its type."""

    name: Name
    type: Any = None


class Row(Shape):
    """One row; a cell named in `truncated_cells` has been cut, to a string whatever it was."""

    row: dict[str, Any]
    truncated_cells: tuple[str, ...] = ()


class Page(Shape):
    """The answer of /first-rows and of /rows; `truncated`: it holds fewer rows than were asked for."""

    features: Annotated[tuple[Feature, ...], BeforeValidator(_few)]
    rows: tuple[Row, ...]
    truncated: bool = False


class DatasetFeatures(Shape):
    """The inner part of /info."""

    features: dict[str, Any] | None = None


class DatasetInfo(Shape):
    """The answer of /info for one configuration."""

    dataset_info: DatasetFeatures


def read(shape: type[_Shape], answer: Answer) -> _Shape:
    """An answer in its shape.

    Raises:
        Unreachable: It has another one.
    """
    try:
        return shape.model_validate(answer.json())
    except ValidationError as error:
        raise Unreachable("its answer could not be read") from error
