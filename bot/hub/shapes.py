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


def _short(value: Any) -> Any:
    """The names among the entries of a list; people can write anything into tags and cards."""
    return [each for each in _few(value) if isinstance(each, str) and len(each) <= _LONGEST_NAME]


def _blocks(value: Any) -> Any:
    """At most so many blocks of a list, without those that hold a name that is too long."""
    found = _few(value)
    if not isinstance(found, list):
        return found
    return [each for each in found if not isinstance(each, dict) or all(map(_is_short, each.values()))]


def _is_short(value: Any) -> bool:
    return not isinstance(value, str) or len(value) <= _LONGEST_NAME


def _named(value: Any) -> Any:
    """The names and marks of configurations, wherever their files lie."""
    kept = ("config_name", "default")
    found = [each for each in (value if isinstance(value, list) else []) if isinstance(each, dict)]
    return _blocks([{key: each[key] for key in kept if key in each} for each in found])


def _counts(value: Any) -> Any:
    """Numbers by name; null counts as none."""
    return value or {}


Name = Annotated[str, Field(max_length=_LONGEST_NAME)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_short)]


class Sibling(Shape):
    """One file."""

    rfilename: Name


class Tensors(Shape):
    """The stored tensors: elements by type, and together."""

    parameters: Annotated[dict[str, int], BeforeValidator(_counts)] = Field(default_factory=dict)
    total: int | None = None


class Info(Shape):
    """A repository of either kind. `gated` is "auto" or "manual" where its terms have to be accepted."""

    id: Name
    sha: Annotated[str | None, Field(pattern=r"^[\w.-]{1,64}$")] = None
    gated: bool | str | None = None
    disabled: bool | None = None
    tags: Names = ()
    siblings: Annotated[tuple[Sibling, ...], BeforeValidator(_blocks)] | None = None

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
    """A configuration as the card of a dataset declares it, in whatever its author has written."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    config_name: Name = "default"
    default: Any = False


class Card(Shape):
    """The head of a dataset's card."""

    configs: Annotated[tuple[CardConfig, ...], BeforeValidator(_named)] = ()


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


class Listing(Shape):
    """What may stand beside a list of splits: configurations that the viewer has not read yet, or cannot."""

    pending: tuple[Any, ...] = ()
    failed: tuple[Any, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether a configuration that is not listed does not exist."""
        return not (self.pending or self.failed)


class Splits(Listing):
    """The answer of /splits."""

    splits: Annotated[tuple[Split, ...], BeforeValidator(_few)]


class Sizes(Shape):
    """The inner part of /size."""

    splits: Annotated[tuple[Split, ...], BeforeValidator(_few)]


class Size(Listing):
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
