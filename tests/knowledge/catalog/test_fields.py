"""The hand-written notes: complete, true to the facts, in depth where people look, and with examples that pass."""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources
from typing import Any

import pytest
import yaml

from knowledge.catalog import Catalog, Note
from knowledge.check import check
from knowledge.config import read
from knowledge.facts import read_json
from knowledge.finding import Severity
from tests.many import over

CATALOG = Catalog.load()
NOTES: dict[str, Note] = {**CATALOG.notes, **CATALOG.concepts}
FILES = sorted(
    (file for file in (resources.files("knowledge") / "fields").iterdir() if file.name.endswith(".yaml")),
    key=lambda file: file.name,
)
IN_DEPTH = ("raising", "lower", "costs", "pitfalls", "example", "see")
MOST_USED = sorted(CATALOG.fields, key=lambda path: -CATALOG.fields[path].used)[:150]
GUIDE = (
    "is_mistral_derived_model",
    "datasets",
    "datasets[].path",
    "datasets[].type",
    "datasets[].chat_template",
    "datasets[].field_messages",
    "datasets[].message_field_role",
    "datasets[].message_field_content",
    "datasets[].roles",
    "sequence_len",
    "gradient_accumulation_steps",
    "micro_batch_size",
    "num_epochs",
    "noisy_embedding_alpha",
    "neftune_noise_alpha",
    "hub_model_id",
    "hub_strategy",
)
CONCEPTS = (
    "effective batch size",
    "optimizer step",
    "gradient accumulation",
    "sample packing",
    "dataset formats",
    "train on inputs",
    "epochs and memorization",
    "noisy embeddings",
    "LoRA, QLoRA or full",
    "quantized weights",
    "sharding",
    "gradient checkpointing",
    "attention backends",
    "checkpoints and the hub",
    "learning-rate schedules",
    "special tokens and end-of-turn",
)
BASE: dict[str, Any] = {
    "base_model": "NousResearch/Meta-Llama-3-8B",
    "datasets": [{"path": "rows.jsonl", "type": "completion"}],
    "micro_batch_size": 2,
    "gradient_accumulation_steps": 4,
    "learning_rate": 0.00002,
}
FILLER = """
    a an and are as at be by for from how if in is it its left of on one or out set sets setting settings that the
    their this to use used uses value values what when whether which with option options config configuration
"""
EMPTY_WORDS = frozenset(FILLER.split())
PREFERENCE_TYPES = {
    "dpo": "chat_template.default",
    "ipo": "chat_template.default",
    "simpo": "chat_template.default",
    "kto": "chatml.argilla",
    "orpo": "chat_template.argilla",
}


def in_a_config(example: str) -> str:
    """The example below the keys of a minimal config that it does not set itself."""
    own = yaml.safe_load(example)
    base = {key: value for key, value in BASE.items() if key not in own}
    if "pretraining_dataset" in own:
        base.pop("datasets", None)
    elif "datasets" in base and own.get("rl") in PREFERENCE_TYPES:
        base["datasets"] = [{"path": "org/pairs", "type": PREFERENCE_TYPES[own["rl"]]}]
    return f"{yaml.safe_dump(base)}{example}"


def content_words(text: str, name: str) -> set[str]:
    """The words of a text that are neither filler nor parts of the name it explains."""
    own = {part[:5] for part in re.findall(r"[a-z]+", name.lower())}
    words = re.findall(r"[a-z0-9]{2,}", text.lower())
    return {word for word in words if word not in EMPTY_WORDS and word[:5] not in own}


def test_every_field_has_a_note() -> None:
    missing = [path for path in CATALOG.fields if not path.endswith("[]") and path not in CATALOG.notes]
    assert not missing


def test_every_note_explains_a_field() -> None:
    assert set(CATALOG.notes) <= set(CATALOG.fields)


@pytest.mark.parametrize("name", CONCEPTS)
def test_the_ideas_that_are_no_field_are_explained(name: str) -> None:
    note = CATALOG.concepts[name]
    assert len(note.text) > 300
    assert note.see
    assert CATALOG.explain(name).path == name


def test_no_concept_hides_behind_a_field() -> None:
    assert not set(CATALOG.concepts) & set(CATALOG.fields)


@over([*dict.fromkeys((*MOST_USED, *GUIDE))])
def test_the_fields_people_use_are_explained_in_depth(path: str) -> None:
    note = CATALOG.notes[path]
    assert not [part for part in IN_DEPTH if not getattr(note, part)]


@over([name for name, note in NOTES.items() if note.example])
def test_every_example_is_a_config_that_axolotl_takes_as_written(name: str) -> None:
    text = in_a_config(NOTES[name].example)
    report = check(text)
    bad = [finding for finding in report.findings if finding.severity.rank <= Severity.IGNORED.rank]
    assert not [f"{finding.rule}: {finding.message}" for finding in bad]


@over([name for name, note in NOTES.items() if note.example and name in CATALOG.notes])
def test_every_example_shows_its_field_or_what_replaces_it(name: str) -> None:
    config = read(in_a_config(NOTES[name].example))
    field, note = CATALOG.fields[name], NOTES[name]
    shown = {key for key in config.values if isinstance(key, str)}
    roots = {
        path.partition(".")[0].partition("[")[0] for path in (name, *note.see, *note.also, field.replaced_by or "")
    }
    assert shown & (roots | set(field.aliases))


AS_IT_WOULD_BE = frozenset(
    {"bf16", "experimental_skip_move_to_device", "fsdp_version", "save_safetensors", "strict", "trust_remote_code"}
)
"""Fields whose example is the value that is right to have, which they have when left out."""
ON_WITH_ITS_PLUGIN = frozenset({"cut_cross_entropy", "dense_mixer"})
"""Switches that their plugin turns on, so that the plugin is what the example changes."""
OLD_NAMES = frozenset({"message_field_role", "message_field_content", "field_thinking", "conversation"})
"""Keys of an entry whose example shows what to write instead."""


@over([name for name, note in CATALOG.notes.items() if note.example and name.isidentifier()])
def test_an_example_changes_what_the_run_gets(name: str) -> None:
    own = yaml.safe_load(NOTES[name].example)
    if name not in own or name in AS_IT_WOULD_BE or own.keys() & {"plugins", "tokenizer_use_mistral_common"}:
        return
    rest = {key: value for key, value in own.items() if key != name}
    without = {key: value for key, value in {**BASE, **rest}.items() if key != name}
    assert read(in_a_config(NOTES[name].example)).get(name) != read(yaml.safe_dump(without)).get(name)


def written_at(node: Any, parts: list[str]) -> list[Any]:
    """The values of a YAML document at a path such as `datasets[].type`, split at its dots."""
    if not parts:
        return [node]
    name, rest = parts[0].removesuffix("[]"), parts[1:]
    if not isinstance(node, dict) or name not in node:
        return []
    inside = node[name] if parts[0].endswith("[]") else [node[name]]
    return [value for each in inside for value in written_at(each, rest)]


@pytest.mark.parametrize("path", [path for path in CATALOG.notes if CATALOG.explain(path).example])
def test_an_example_writes_something_else_than_what_is_used_anyway(path: str) -> None:
    if path in AS_IT_WOULD_BE | ON_WITH_ITS_PLUGIN or path.rpartition(".")[2] in OLD_NAMES:
        return
    values = written_at(yaml.safe_load(CATALOG.explain(path).example), path.split("."))
    if not path.isidentifier():
        assert values
    default, left_out = CATALOG.fields[path].default, NOTES[path].left_out.strip("`. ")
    named = {"on": [True], "true": [True], "off": [False]}.get(left_out.lower(), [left_out])
    assert not [value for value in values if value == default or value in named or str(value) == left_out]


def test_every_related_name_exists() -> None:
    known = set(CATALOG.fields) | set(CATALOG.concepts)
    assert not {name: gone for name, note in NOTES.items() if (gone := set(note.see) - known)}


def test_no_note_sends_the_reader_back_to_itself() -> None:
    assert not [name for name, note in NOTES.items() if name in note.see]


def test_a_summary_is_a_sentence_or_two_that_fit_a_phone() -> None:
    wrong = {name: note.summary for name, note in NOTES.items() if not 25 <= len(note.summary) <= 220}
    unfinished = {name: note.summary for name, note in NOTES.items() if not note.summary.endswith((".", ")"))}
    assert not wrong
    assert not unfinished


def test_a_summary_says_more_than_the_name_does() -> None:
    thin = {name: note.summary for name, note in NOTES.items() if len(content_words(note.summary, name)) < 2}
    assert not thin


def test_no_two_summaries_are_the_same() -> None:
    written = [
        (path, raw["summary"].lower())
        for file in FILES
        for path, raw in yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader).items()
    ]
    counted = Counter(summary for _, summary in written)
    assert not [(path, summary) for path, summary in written if counted[summary] > 1]


def test_no_note_repeats_its_summary_elsewhere() -> None:
    for name, note in NOTES.items():
        texts = [text for text in (note.summary, note.raising, note.lower, note.pitfalls) if len(text) > 40]
        assert len(texts) == len(set(texts)), name


def test_notes_speak_without_exclamation_marks_and_apologies() -> None:
    loud = re.compile(r"(?<![|<])!(?![=\[])|\b(sorry|please|unfortunately|obviously)\b", re.IGNORECASE)
    for name, note in NOTES.items():
        for text in (note.summary, note.text, note.raising, note.lower, note.costs, note.pitfalls):
            assert not loud.search(text), f"{name}: {text}"


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("gradient_accumulation_steps", "gradient_accumulation_steps"),
        ("datasets[0].type", "datasets[].type"),
        ("hub_strategy", "hub_strategy"),
        ("model_type", "type_of_model"),
        ("fsdp_config.reshard_after_forward", "fsdp_config.reshard_after_forward"),
        ("trl.beta", "trl.beta"),
        ("cut_cross_entropy", "cut_cross_entropy"),
        ("max_seq_length", "sequence_len"),
        ("effective batch size", "effective batch size"),
        ("Effective Batch Size", "effective batch size"),
        ("out of memory", "GPU memory"),
        ("neftune", "noisy embeddings"),
        ("completion vs input_output vs chat_template", "dataset formats"),
    ],
)
def test_what_people_ask_for_leads_to_a_note(asked: str, path: str) -> None:
    explanation = CATALOG.explain(asked)
    assert explanation.path == path
    assert explanation.summary


def test_the_batch_is_explained_with_what_it_multiplies() -> None:
    note = CATALOG.notes["gradient_accumulation_steps"]
    assert "once" in note.summary
    assert "number of GPUs" in note.pitfalls
    assert yaml.safe_load(note.example) == {"micro_batch_size": 2, "gradient_accumulation_steps": 75}


def test_a_twin_under_test_datasets_has_the_same_note() -> None:
    assert CATALOG.notes["test_datasets[].type"] is CATALOG.notes["datasets[].type"]


TWINS = [path for path in CATALOG.notes if path.startswith(("test_datasets[]", "pretraining_dataset[]"))]


@over([path for path in TWINS if CATALOG.explain(path).example])
def test_an_example_stands_in_the_list_that_the_key_belongs_to(path: str) -> None:
    example = CATALOG.explain(path).example
    entry = yaml.safe_load(example)[path.partition("[")[0]][0]
    assert "path" in entry
    findings = check(in_a_config(example)).findings
    assert not [each.message for each in findings if each.severity.rank <= Severity.IGNORED.rank]


def test_what_is_learned_in_training_is_measured_in_a_test_set() -> None:
    assert "decides which tokens count in its loss" in CATALOG.explain("test_datasets[].train_on_eos").text
    assert not CATALOG.explain("datasets[].train_on_eos").text
    assert not CATALOG.explain("test_datasets[].path").text


def test_a_key_is_explained_by_what_reads_it_there() -> None:
    assert "A list of files" in CATALOG.explain("pretraining_dataset[].data_files").pitfalls
    assert CATALOG.explain("pretraining_dataset[].roles").summary.startswith("Nothing reads this key here.")
    assert CATALOG.explain("test_datasets[].field_messages").modes.startswith("Ignored in preference training")


@pytest.mark.parametrize("key", ["field: body", "field_messages: chat", "roles: {user: [human]}", "ds_type: json"])
def test_a_key_that_only_ordinary_datasets_read_is_named_as_ignored(key: str) -> None:
    entry = f"pretraining_dataset:\n  - path: org/text\n    {key}\nstreaming: true\nmax_steps: 10\n"
    found = [each for each in check(in_a_config(entry)).findings if each.severity is Severity.IGNORED]
    assert [each.fields for each in found] == [(f"pretraining_dataset[0].{key.partition(':')[0]}",)]


@pytest.mark.parametrize(
    ("rl", "kind", "key", "told"),
    [
        ("orpo", "chat_template.argilla", "field_messages: chat", True),
        ("orpo", "chat_template.argilla", "split: train", False),
        ("grpo", "chat_template.default", "weight: 0.5", True),
        ("grpo", "chat_template.default", "field_messages: chat", False),
        ("grpo", "my_rewards.rows", "roles_to_train: [user]", False),
    ],
)
def test_a_key_that_this_rl_does_not_read_is_named_in_the_entry(rl: str, kind: str, key: str, told: bool) -> None:
    entry = f"rl: {rl}\ndatasets:\n  - path: org/rows\n    type: {kind}\n    {key}\n"
    path = f"datasets[0].{key.partition(':')[0]}"
    found = [each.rule for each in check(in_a_config(entry)).findings if path in each.fields]
    assert ("entry-key-not-read-in-this-kind-of-run" in found) is told


@pytest.mark.parametrize(
    ("rl", "kind", "place"),
    [
        ("orpo", "chat_template.argilla", "datasets"),
        ("orpo", "chat_template.argilla", "test_datasets"),
        ("kto", "chatml.argilla", "test_datasets"),
        ("grpo", "chat_template.default", "test_datasets"),
    ],
)
@pytest.mark.parametrize("key", ["message_field_role", "message_field_content"])
def test_an_old_name_that_this_rl_does_not_read_is_not_said_to_work(rl: str, kind: str, place: str, key: str) -> None:
    entry = f"  - path: org/rows\n    type: {kind}\n"
    lists = f"datasets:\n{entry}" if place == "test_datasets" else ""
    found = check(in_a_config(f"rl: {rl}\n{lists}{place}:\n{entry}    {key}: from\n")).findings
    assert [each.rule for each in found if f"{place}[0].{key}" in each.fields] == [
        "entry-key-not-read-in-this-kind-of-run"
    ]


COMPUTED = frozenset({"diffusion_lm.generate_samples", "nemo_gym_enabled"})
"""Switches of which the code makes something else than their default says."""


def test_what_a_switch_is_when_left_out_follows_its_default() -> None:
    told = {
        path: (CATALOG.fields[path].default, note.left_out) for path, note in CATALOG.notes.items() if note.left_out
    }
    off = [
        path for path, (default, text) in told.items() if default is False and not text.startswith(("Off", "`false`"))
    ]
    on = [path for path, (default, text) in told.items() if default is True and not text.startswith(("On", "True"))]
    assert {*off, *on} == COMPUTED


@over([path for path, field in CATALOG.fields.items() if not path.endswith("[]")])
def test_what_a_number_or_switch_without_a_default_is_when_left_out_is_told(path: str) -> None:
    field, note = CATALOG.fields[path], CATALOG.notes[path]
    if field.default is not None or field.required or field.replaced_by or field.deprecated:
        return
    if not any(word in field.type for word in ("number", "true or false")):
        return
    unread = re.search(r"[Nn]othing (in 0\.21\.0 )?reads|nothing in 0\.21\.0 reads", note.summary)
    assert note.left_out or unread


@pytest.mark.parametrize(("path", "others"), [("gradient_checkpointing", False), ("bf16", False), ("adapter", True)])
def test_other_texts_are_offered_only_where_they_are_accepted(path: str, others: bool) -> None:
    assert CATALOG.explain(path).open_choices is others


def test_a_default_that_code_computes_is_told() -> None:
    assert 'otherwise `"no"`' in CATALOG.explain("eval_strategy").left_out
    assert "`logging_steps`" in CATALOG.explain("eval_steps").left_out
    assert CATALOG.explain("eval_table_size").left_out.startswith("0,")
    assert "at most 100" in CATALOG.explain("warmup_ratio").left_out


def test_every_note_names_the_places_that_it_was_written_from() -> None:
    assert not [name for name, note in NOTES.items() if not note.evidence]


def test_every_place_that_a_note_was_written_from_has_its_digest() -> None:
    stored = read_json("evidence.json")["notes"]
    named = {name: sorted(note.evidence) for name, note in NOTES.items() if note.evidence}
    assert {name: sorted(places) for name, places in stored.items()} == named


def test_where_a_field_works_is_said_in_one_line() -> None:
    told = CATALOG.explain("neftune_noise_alpha").modes
    assert told.startswith("Ignored in preference training")
    assert "reinforcement learning" in told


def test_a_field_that_this_kind_of_run_does_not_read_gets_one_warning() -> None:
    pairs = "rl: dpo\ndatasets:\n  - path: org/pairs\n    type: chat_template.default\n"
    found = check(in_a_config(f"{pairs}neftune_noise_alpha: 5\n")).findings
    assert [each.severity for each in found if "neftune_noise_alpha" in each.fields] == [Severity.WARNING]
    assert not [each for each in check(in_a_config("neftune_noise_alpha: 5\n")).findings if each.severity.rank < 3]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("datasets[].message_property_mappings", "`rl: orpo`"),
        ("datasets[].shards", "in reinforcement learning"),
        ("dataset_keep_in_memory", "in preference training"),
        ("curriculum_sampling", "in reinforcement learning"),
        ("pad_to_sequence_len", "in multimodal training"),
        ("pad_to_multiple_of", "in multimodal training"),
        ("relora_cpu_offload", "only with quantized weights"),
        ("layer_offloading", "loaded to the GPU first"),
        ("peft_init_lora_weights", "`merge_method: legacy`"),
        ("peft.loftq_config", "`merge_method: legacy`"),
        ("diffusion_lm.canvas_width", "trains one block"),
        ("activation_offloading", "it crashes unless `gradient_checkpointing_kwargs`"),
    ],
)
def test_what_the_code_does_in_this_kind_of_run_is_said(path: str, told: str) -> None:
    found = CATALOG.explain(path)
    assert told in f"{found.modes} {found.pitfalls} {found.lower}"


def test_the_test_set_of_a_pretraining_stream_is_read() -> None:
    stream = "pretraining_dataset:\n  - path: org/text\nstreaming: true\nmax_steps: 10\n"
    rows = "test_datasets:\n  - path: org/test\n    type: completion\neval_steps: 5\nmin_sample_len: 4\n"
    assert not [each for each in check(in_a_config(stream + rows)).findings if "test_datasets" in each.fields]
