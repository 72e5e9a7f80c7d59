"""Pages of the findings that no single rule function makes: those of the schema, of the YAML itself, of releases."""

from __future__ import annotations

from typing import NamedTuple

from knowledge.finding import Severity


class Page(NamedTuple):
    """The documentation of one id."""

    severity: Severity
    title: str
    text: str
    bad: str = ""
    good: str = ""


PAGES: dict[str, Page] = {
    "unknown-key": Page(
        Severity.IGNORED,
        "A key that Axolotl does not know.",
        "Axolotl silently drops keys that it does not know, at the top level and in nearly every block. A typo "
        "therefore leaves the default in place. The nearest known name is suggested where there is one.",
        "sequence_length_max: 2048\n",
        "sequence_len: 2048\n",
    ),
    "foreign-key": Page(
        Severity.IGNORED,
        "A key under the name that another trainer gives it.",
        "Names from Transformers, TRL, LLaMA-Factory, Unsloth, torchtune, and others mean nothing to Axolotl and "
        "are silently ignored. The finding says what each one means in Axolotl: a field, and how its value "
        "carries over; something that Axolotl does by itself; or nothing.",
        "max_seq_length: 2048\n",
        "sequence_len: 2048\n",
    ),
    "misplaced-key": Page(
        Severity.IGNORED,
        "A key that exists, but at another level.",
        "A field counts only at its own level: dataset keys inside an entry of `datasets`, the keys of a block inside "
        "that block, and the rest at the top.",
        "field_messages: conversations\n",
        "datasets:\n  - path: org/rows\n    type: chat_template\n    field_messages: conversations\n",
    ),
    "removed-key": Page(
        Severity.IGNORED,
        "A key that older Axolotl releases had and that is dropped now.",
        "The key was removed or renamed; today it is silently ignored.",
        "relora_steps: 100\n",
        "jagged_restart_steps: 100\n",
    ),
    "plugin-not-listed": Page(
        Severity.IGNORED,
        "A plugin's key without the plugin.",
        "A plugin's fields exist only while it is listed in `plugins`. Without it, they are silently ignored.",
        "liger_rope: true\n",
        "plugins:\n  - axolotl.integrations.liger.LigerPlugin\nliger_rope: true\n",
    ),
    "unknown-key-refused": Page(
        Severity.ERROR,
        "An unknown key in a block that allows no others.",
        "A few blocks reject what they do not know: context_parallel, fp8_config, diffusion_decision, and coreweave; "
        "in cloud launcher files, image_build and image_registry, and the whole file for Nebius and CoreWeave.",
        "context_parallel:\n  sizes: 2\n",
        "context_parallel:\n  size: 1\n",
    ),
    "wrong-type": Page(
        Severity.ERROR,
        "A value of a type that the field does not accept.",
        'Axolotl coerces generously: "3" and 3.0 are whole numbers, yes and 1 are true. It refuses a fraction where a '
        "whole number is expected, a number or true where text is expected, and a blank where null is not allowed.",
        "warmup_steps: 0.1\n",
        "warmup_ratio: 0.1\n",
    ),
    "not-a-choice": Page(
        Severity.ERROR,
        "A value that is not one of the field's choices.",
        "The field accepts a closed list of values, spelled exactly.",
        "rl: dpoo\n",
        "rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chatml.intel\n",
    ),
    "out-of-bounds": Page(
        Severity.ERROR,
        "A number outside the field's bounds.",
        "The field has a lowest or highest value.",
        "datasets:\n  - path: org/rows\n    type: alpaca\n    weight: 2\n",
        "datasets:\n  - path: org/rows\n    type: alpaca\n    weight: 0.5\n",
    ),
    "missing-field": Page(
        Severity.ERROR,
        "A field that every config needs is absent.",
        "`base_model` and `learning_rate` have no default; some blocks and plugins have their own required keys.",
    ),
    "dataset-key-falls-away": Page(
        Severity.WARNING,
        "A dataset key that this kind of entry does not keep.",
        "Axolotl reads each dataset entry with one of several classes, chosen by `rl` and `type`, and drops the keys "
        "that class lacks. Under preference training, only a handful survive.",
    ),
    "not-a-training-config": Page(
        Severity.ADVICE,
        "A file for a cloud launcher, not a training config.",
        "`axolotl train config.yaml --cloud cloud.yaml` takes two files. The one with provider, image, or gpu "
        "says where to train and is checked as such; the other says what to train.",
    ),
    "needs-release": Page(
        Severity.ADVICE,
        "Keys that an older Axolotl would silently ignore.",
        "An image with an older Axolotl drops the newer keys without a message, so the same file trains differently.",
    ),
    "newer-than-release": Page(
        Severity.IGNORED,
        "A key that came after the release you named.",
        "That release drops the key without a message. Update Axolotl, or leave the key out.",
    ),
    "yaml-duplicate-key": Page(
        Severity.WARNING,
        "A key that is written twice.",
        "YAML keeps the last value of a repeated key and drops the others without a message.",
        "micro_batch_size: 1\nmicro_batch_size: 2\n",
        "micro_batch_size: 2\n",
    ),
    "yaml-indented-under-value": Page(
        Severity.ERROR,
        "A key that is indented under one that already has its value.",
        "Nothing can be nested under a key with a value. Keys that belong together start in the same column.",
        "datasets:\n  - path: org/rows\n      type: alpaca\n",
        "datasets:\n  - path: org/rows\n    type: alpaca\n",
    ),
    "yaml-tab": Page(Severity.ERROR, "A tab in the indentation.", "YAML indents with spaces only."),
    "yaml-missing-space": Page(
        Severity.ERROR, "A colon without a space after it.", "Without the space, YAML reads the whole line as text."
    ),
    "yaml-list-indentation": Page(
        Severity.ERROR, "A list item out of line.", "All items of one list start in the same column."
    ),
    "yaml-indentation": Page(
        Severity.ERROR, "A key out of line.", "Keys that belong together start in the same column."
    ),
    "yaml-quote": Page(
        Severity.ERROR, "A quote that is never closed.", "The rest of the file counts as part of the text."
    ),
    "yaml-escape": Page(
        Severity.ERROR,
        "A backslash in double quotes.",
        "In double quotes, a backslash starts an escape; use single ones.",
    ),
    "yaml-bracket": Page(
        Severity.ERROR, "A bracket that is not closed.", "A list in brackets runs until its closing bracket."
    ),
    "yaml-colon-in-value": Page(
        Severity.ERROR, "A value with a colon and a space in it.", "One line has one key; quote the value."
    ),
    "yaml-special-character": Page(
        Severity.ERROR, "A value that starts with a reserved character.", "Quote values that start with @, `, or %."
    ),
    "yaml-no-colon": Page(
        Severity.ERROR, "A line without a colon between keys.", "Between keys, YAML allows only keys and comments."
    ),
    "yaml-syntax": Page(Severity.ERROR, "A line that YAML cannot read.", "The likely causes are named with it."),
    "yaml-several-documents": Page(
        Severity.ERROR, "More than one YAML document.", "Axolotl reads exactly one document per file."
    ),
    "yaml-too-large": Page(
        Severity.ERROR, "More text or values than a check reads.", "A config has a few thousand characters."
    ),
    "yaml-too-deep": Page(Severity.ERROR, "Too many nested levels.", "No Axolotl field nests that deep."),
    "yaml-anchor": Page(Severity.ERROR, "An anchor that is defined twice.", "Anchor names are unique in a document."),
    "yaml-alias": Page(Severity.ERROR, "An alias without its anchor.", "An alias repeats what `&` named before it."),
    "yaml-self-reference": Page(Severity.ERROR, "A value that contains itself.", "Such a value never ends."),
    "yaml-key": Page(Severity.ERROR, "A list or mapping as a key.", "A key is a single word or text."),
    "yaml-tag": Page(
        Severity.ERROR, "A tag or character that a plain loader refuses.", "Axolotl loads plain YAML only."
    ),
    "yaml-value": Page(
        Severity.ERROR, "A value that looks like a date but is not one.", "Quote it to keep it as text."
    ),
    "yaml-binary": Page(Severity.ERROR, "A file that is not text.", "Give the YAML itself."),
    "yaml-not-a-mapping": Page(
        Severity.ERROR, "Text that is not a mapping of keys to values.", "A config is `key: value` lines."
    ),
}
