"""What a base model is made of: its dimensions, and the modules that they make."""

from __future__ import annotations

from typing import NamedTuple

from knowledge.value import entity


@entity
class Architecture:
    """The dimensions of one base model, as its `config.json` gives them.

    Compared by identity: there is one for each model, and it is the key of what is computed once.

    Attributes:
        family: Transformers' `model_type`.
        hidden: Width of the residual stream.
        layers: Number of decoder layers.
        heads: Query heads.
        kv_heads: Key and value heads.
        head_dim: Width of a head.
        intermediate: Width of the dense MLP.
        vocabulary: Rows of the embedding matrix, padding included.
        tied: Whether the output head is the embedding matrix.
        experts: Experts a layer; 0 for a dense model.
        experts_per_token: Experts that see each token.
        expert_width: MLP width of one expert.
        shared_width: MLP width of the expert that sees every token; 0 without one.
        dense_layers: Leading layers with a dense MLP although the model has experts.
        full_every: One layer in so many has full attention, the others linear attention; 1 for all.
        linear_dims: Key heads, value heads, key width, value width and convolution length of linear attention.
        qkv_bias: Query, key and value have a bias although their family has none.
        read: Every module, where they were read from a `config.json`; None where the dimensions say all.
        model_class: The class that Transformers loads, such as `Qwen3ForCausalLM`; empty where not read.
        layer_class: The class of a decoder layer, which FSDP wraps; empty where not read.
        context: Positions that the model was made for, rope scaling counted; 0 where nothing says.
        refused: The module at which PEFT refuses `lora_target_linear`; empty where it does not, or is not known to.
        converts: How PEFT turns the old names of experts into the stacked tensors: "mixtral" (`w1`, `w2`, `w3`),
            "qwen2_moe" (`gate_proj`, `up_proj`, `down_proj`) or empty; read only together with `read`.
    """

    family: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    experts: int = 0
    experts_per_token: int = 0
    expert_width: int = 0
    shared_width: int = 0
    dense_layers: int = 0
    full_every: int = 1
    linear_dims: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    qkv_bias: bool = False
    read: Layout | None = None
    model_class: str = ""
    layer_class: str = ""
    context: int = 0
    refused: str = ""
    converts: str = ""

    @property
    def query(self) -> int:
        """Width of all query heads together."""
        return self.heads * self.head_dim

    @property
    def key_value(self) -> int:
        """Width of all key heads together, which is that of the value heads."""
        return self.kv_heads * self.head_dim


class Module(NamedTuple):
    """One module with weights: `rows` x `columns`, `copies` times where experts share a tensor or repeat a module.

    `kind` is "linear" (LoRA targets it, 4-bit loading packs it), "tied" (the same over the weight of another layer: it
    owns none), "embedding" or "convolution" (LoRA targets them by name), "experts" (a tensor of stacked matrices,
    neither) or "other" (norms, routers, convolutions of text models).
    """

    name: str
    rows: int
    columns: int = 1
    bias: bool = False
    kind: str = "other"
    copies: int = 1

    @property
    def parameters(self) -> int:
        """Elements of weight and bias."""
        if self.kind == "tied":
            return 0
        return self.copies * (self.rows * self.columns + (self.rows if self.bias else 0))


class Block(NamedTuple):
    """A kind of layer: at which indices it stands, and its modules with names inside the layer.

    `stem` is the dotted name of its list where that is another than the text model's: a vision tower's.
    """

    indices: tuple[int, ...]
    modules: tuple[Module, ...]
    stem: str = ""

    @property
    def parameters(self) -> int:
        """Elements of all its layers."""
        return len(self.indices) * sum(module.parameters for module in self.modules)


class Layout(NamedTuple):
    """All modules of a model.

    `layers` is the dotted name of the layer list, `root` what stands outside it, `head` the output head, which is also
    in `root` unless its weight is the embedding's, `parameters` the count of the whole model.
    """

    layers: str
    blocks: tuple[Block, ...]
    root: tuple[Module, ...]
    head: Module
    parameters: int

    @property
    def outside(self) -> tuple[Module, ...]:
        """The modules outside the layers, the head among them even where it owns no weight."""
        return self.root if self.head in self.root else (*self.root, self.head)
