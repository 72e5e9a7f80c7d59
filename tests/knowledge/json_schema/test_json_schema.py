"""The schema that editors get: it takes what Axolotl takes, and underlines what Axolotl drops or refuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from bot import cli
from knowledge import check, json_schema
from knowledge.catalog import Catalog
from knowledge.catalog.load import load_notes
from knowledge.config import read
from knowledge.schema import schema_findings
from tests.places import SHARED

BASE = """\
base_model: org/model
datasets:
  - path: rows.jsonl
    type: completion
learning_rate: 2e-5
micro_batch_size: 2
gradient_accumulation_steps: 4
"""

GOOD = {
    "plain": BASE,
    "generous": BASE.replace("micro_batch_size: 2", 'micro_batch_size: "2"')
    + "num_epochs: 3\nsample_packing: yes\nbf16: auto\nattn_implementation: sdpa\ntf32: 1\nweight_decay: true\n",
    "aliases": BASE + "model_type: LlamaForCausalLM\nmodel_revision: main\nmodel_config:\n  rope_theta: 10000\n",
    "left over from old examples": BASE + "fsdp:\nflash_attention: true\nlocal_rank:\nsave_safetensors: true\n",
    "chat": BASE
    + "chat_template: tokenizer_default_fallback_chatml\nspecial_tokens:\n  pad_token: <pad>\nval_set_size: 0.1\n",
    "sharded": BASE
    + "fsdp_version: 2\nfsdp_config:\n  reshard_after_forward: true\n  fsdp_offload_params: false\n"
    + "  state_dict_type: FULL_STATE_DICT\n  sync_module_states: true\n",
    "pairs": BASE.replace("type: completion", "type:\n      field_prompt: question\n      field_chosen: good")
    + "rl: dpo\nrl_beta: 0.1\n",
    "plugins": BASE
    + "bf16: true\nplugins:\n  - axolotl.integrations.liger.LigerPlugin\n"
    + "  - axolotl.integrations.kernels.KernelsPlugin\nliger_rope: true\nexpert_backend: ScatterMoE\n",
}

SCALARS = {"true or false", "whole number", "number", "text"}


@pytest.fixture(scope="module")
def schema() -> dict:
    return json_schema.schema()


@pytest.fixture(scope="module")
def validator(schema: dict) -> Draft202012Validator:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def nested(path: str, value: object) -> dict:
    """`datasets[].type` and a value -> the mapping that holds just that."""
    for part in reversed(path.split(".")):
        key = part.removesuffix("[]")
        value = {key: [value]} if part.endswith("[]") else {key: value}
    return value


def with_base(values: dict) -> dict:
    base = yaml.safe_load(BASE)
    if "datasets" in values and isinstance(values["datasets"], list) and isinstance(values["datasets"][0], dict):
        values = {**values, "datasets": [{**base["datasets"][0], **values["datasets"][0]}]}
    if isinstance(values.get("coreweave"), dict):
        needed = dict.fromkeys(("deployment_id", "bucket", "path_prefix", "gateway_url", "model"), "x")
        values = {**values, "coreweave": {**needed, **values["coreweave"]}}
    if isinstance(values.get("llmcompressor"), dict):
        values = {**values, "llmcompressor": {"recipe": {}, **values["llmcompressor"]}}
    return {**base, **values}


def run_check_jsonschema(schema_file: Path, files: list[Path]) -> tuple[int, set[str]]:
    """The exit code and the names of the refused files."""
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema_file), "--output-format", "json"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert not told.get("parse_errors"), told["parse_errors"][:3]
    return done.returncode, {Path(error["filename"]).name for error in told["errors"]}


@pytest.fixture(scope="module")
def schema_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("schema") / "axolotl.schema.json"
    assert cli.main(["schema", "--output", str(path)]) == 0
    return path


def test_the_command_prints_the_same_schema_as_it_writes(schema_file: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["schema"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(schema_file.read_text("utf-8"))
    assert printed["$schema"] == json_schema.DIALECT
    assert "0.21.0" in printed["title"]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["schema", "--output", str(tmp_path / "missing" / "file.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("name", GOOD)
def test_the_good_configs_are_good(name: str) -> None:
    report = check(GOOD[name])
    assert report.verdict != "refused", report.findings


def test_check_jsonschema_accepts_what_axolotl_accepts(schema_file: Path, tmp_path: Path) -> None:
    files = []
    for number, text in enumerate(GOOD.values()):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_text(text, "utf-8")
    assert run_check_jsonschema(schema_file, files) == (0, set())


def test_every_example_of_the_notes_passes(validator: Draft202012Validator) -> None:
    notes, _ = load_notes()
    for path, note in notes.items():
        if note.example:
            problems = [error.message for error in validator.iter_errors(with_base(yaml.safe_load(note.example)))]
            assert not problems, (path, problems)


def test_check_jsonschema_refuses_an_unknown_key_a_wrong_type_and_a_wrong_choice_at_every_level(
    schema_file: Path, tmp_path: Path
) -> None:
    fields = Catalog.load().fields
    parents = {path.rpartition(".")[0] for path in fields}
    files = []
    for number, parent in enumerate(sorted(parents)):
        start = f"{parent}." if parent else ""
        inside = [path for path in fields if path.rpartition(".")[0] == parent and not fields[path].caveat]
        wrong = {"unknown": f"{start}no_such_key"}
        wrong |= {"type": next((path for path in inside if fields[path].type in SCALARS), "")}
        closed = (path for path in inside if fields[path].choices and not fields[path].open_choices)
        wrong |= {"choice": next((path for path in closed if path not in OPEN_IN_AXOLOTL), "")}
        for kind, path in wrong.items():
            if path:
                files.append(tmp_path / f"{number}-{kind}.yaml")
                value = {"type": {"a": [1]}}.get(kind, "no-such-choice")
                files[-1].write_text(yaml.safe_dump(with_base(nested(path, value))), "utf-8")
    assert len(files) > 70
    code, refused = run_check_jsonschema(schema_file, files)
    assert code == 1
    assert {file.name for file in files} - refused == set()


OPEN_IN_AXOLOTL = {"optimizer", "lr_scheduler", "eval_strategy", "save_strategy", "hub_strategy", "adapter"}
"""Any text passes Axolotl's validation there; what cannot run is the checker's to say."""


def test_every_field_is_known_and_explained(validator: Draft202012Validator, schema: dict) -> None:
    catalog = Catalog.load()
    for path, field in catalog.fields.items():
        if path.endswith("[]") or path.partition(".")[0] in ("test_datasets[]", "pretraining_dataset[]"):
            continue
        spelled = field.aliases[0] if field.aliases and path not in schema["properties"] and "." not in path else path
        found = known(schema, spelled)
        assert found is not None, path
        note = catalog.note(path)
        if note is not None:
            assert found["description"].startswith(note.summary), path
        assert bool(found.get("deprecated")) == field.deprecated, path


def known(schema: dict, path: str) -> dict | None:
    """The property of a path, looked for as an editor does."""
    place = schema
    for part in path.split("."):
        options = [place, *place.get("anyOf", ())]
        options += [each["items"] for each in options if "items" in each]
        options += [each for option in options for each in option.get("anyOf", ())]
        key = part.removesuffix("[]")
        place = next((each["properties"][key] for each in options if key in each.get("properties", ())), None)
        if place is None:
            return None
    return place


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        ("micro_batch_size: 3.0", True),
        ("micro_batch_size: 0.1", False),
        ('micro_batch_size: " 4 "', True),
        ("wandb_project: 3", False),
        ("wandb_log_model: false", False),
        ('sample_packing: "On"', True),
        ("sample_packing: maybe", False),
        ("gradient_checkpointing: offload", True),
        ("gradient_checkpointing: sometimes", False),
        ("attn_implementation: kernels-community/flash-attn3", True),
        ("attn_implementation: flash", False),
        ("optimizer: my_own", True),
        ("neftune_noise_alpha: 0", False),
        ("s2_attention: true", False),
        ("s2_attention:", True),
        ("rope_scaling: {type: linear}", False),
        ("warmup_steps: 0.1", False),
        ("warmup_steps: 0.1\nplugins: [axolotl.integrations.diffusion.DiffusionPlugin]", True),
        ("eval_causal_lm_metrics: [chrf]", True),
        ("eval_causal_lm_metrics: [bleu]", False),
        ("export: {quantize: [q4_k_m]}", True),
        ("export: {quantize: [q4_k_z]}", False),
        ("torch_compile_options: {epilogue_fusion: true}", True),
        ("torch_compile_options: {fusion: true}", False),
        ("lora_target_modules: [q_proj, 3]", False),
        ("datasets: []", False),
        ("datasets: [{path: a, type: sharegpt}]", False),
        ("datasets: [{path: a, type: {format: '{instruction}'}}]", True),
        ("datasets: [{path: a, weight: 2}]", False),
    ],
)
def test_values_are_taken_as_axolotl_takes_them(validator: Draft202012Validator, written: str, accepted: bool) -> None:
    values = {**yaml.safe_load(BASE), **yaml.safe_load(written)}
    assert validator.is_valid(values) is accepted


def test_reference_configs_that_axolotl_accepts_pass(validator: Draft202012Validator) -> None:
    shared = SHARED / "corpus"
    if not shared.is_dir():
        pytest.skip("the reference data is not here")
    verdicts = [json.loads(line) for line in (shared / "examples_verdicts.jsonl").read_text("utf-8").splitlines()]
    tried = 0
    for verdict in verdicts:
        text = (shared / "examples" / verdict["id"]).read_text("utf-8")
        dropped = [each for each in schema_findings(read(text)) if each.severity == "ignored"]
        if verdict["verdict"] == "ok" and not dropped:
            tried += 1
            problems = [error.message for error in validator.iter_errors(yaml.safe_load(text))]
            assert not problems, (verdict["id"], problems)
    assert tried > 80
